//! The checks, and what they have in common.

mod answer;
mod cell;
mod explore;
mod mailbox;
mod schedule;
mod swap;
mod waits;
mod worker;
