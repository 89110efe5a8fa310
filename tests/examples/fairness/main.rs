//! What workers do to their neighbours, in figures.
//!
//! `cargo run --example fairness [-- PART...]`, after `make guests host`.
//! The parts are `kill`, `bomb`, `cost`, `beside` and `socket`. All times are in
//! microseconds; where there are three in a row, they are the middle one, the 99th of a
//! hundred, and the longest.

mod beside;
mod busy;
mod cost;
mod ends;
mod hive;
mod probes;
mod socket;

use std::time::Duration;

/// How long each thing is measured.
const SPAN: Duration = Duration::from_secs(2);

fn main() {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|word| word == part);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if wanted("kill") {
            ends::kill().await;
        }
        if wanted("bomb") {
            ends::bomb().await;
        }
        if wanted("cost") {
            cost::cost().await;
        }
        if wanted("beside") {
            beside::beside().await;
        }
        if wanted("socket") {
            socket::socket().await;
        }
    });
}

/// Microseconds.
fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}
