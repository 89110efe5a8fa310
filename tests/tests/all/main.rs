//! Tests of a whole node, through its public interface, with real guests.
#![allow(missing_docs, reason = "names of tests say what they are")]

mod budgets;
mod children;
mod command;
mod components;
mod control;
mod cycles;
mod deploy;
mod deployment;
mod directory;
mod effects;
mod ending;
mod guests;
mod hive;
mod hostile;
mod house;
mod inspect;
mod letters;
mod lifecycle;
mod limits;
mod logs;
mod mailboxes;
mod model;
mod monitors;
mod natives;
mod redelivery;
mod reload;
mod requests;
mod routes;
mod sleep;
mod state;
mod supervision;
mod threads;
mod timers;
mod usage;
mod watching;
