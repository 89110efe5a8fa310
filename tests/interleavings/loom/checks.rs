//! The checks, and what they have in common.

mod answer;
mod cell;
mod explore;
mod mailbox;
mod schedule;
mod waits;
mod worker;
