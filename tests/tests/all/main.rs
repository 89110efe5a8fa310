//! Tests of a whole node, through its public interface, with real guests.
#![allow(missing_docs, reason = "names of tests say what they are")]

mod cycles;
mod effects;
mod guests;
mod lifecycle;
mod redelivery;
mod requests;
mod routes;
