//! All interleavings of what the host does from several threads, weak memory
//! included. The files of the host are taken as they are; only `crate::sync` is
//! not theirs, but made of loom's types.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the host makes more of its files than is checked here"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "all of this is tests"
)]

mod checks;
mod config;
#[path = "../../../host/src/mailbox/bounded.rs"]
mod mailbox;
#[path = "../../../host/src/worker/orders.rs"]
mod orders;
mod outbox;
#[path = "../../../host/src/router/mod.rs"]
mod router;
#[path = "../../../host/src/sanitize.rs"]
mod sanitize;
#[path = "../../../host/src/executor/schedule.rs"]
mod schedule;
mod sync;
