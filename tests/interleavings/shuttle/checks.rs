//! The checks, and what they have in common.

mod activity;
mod explore;
mod queue;
