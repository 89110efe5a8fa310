//! G3: guests that abuse the calls to their node.

mod identity;
mod resources;
mod sends;
mod words;

use identity::*;
use resources::*;
use sends::*;
use skep::WorkerOptions;
use skep_tests::process::{Peak, is_shared};
use skep_tests::trial::{Row, attack};
use std::time::Duration;
use words::*;

foreach_g3!(assert_test_exists);

/// What a call that is refused may make the process need, in bytes.
const ROOM: u64 = 24 << 20;

/// Fuel is no bound, and the deadline is soon.
fn brief(options: &mut WorkerOptions) {
    options.limits.fuel = u64::MAX;
    options.limits.deadline = Duration::from_millis(100);
}

/// Messages that each end the call they make, and why; nothing of what they hand over is
/// taken into the node's own memory.
fn ended(row: Row, component: Vec<u8>, cases: &[(&str, &str)]) {
    attack(row, async |trial| {
        trial.yard.try_start("w", component, brief).await.unwrap();
        let peak = Peak::begin();
        let mut saw = Vec::new();
        for (message, words) in cases {
            let why = trial.beside(async |yard| yard.failure("w", message).await).await;
            assert!(why.contains(words), "{message}: {why}");
            if !saw.contains(&why) {
                saw.push(why);
            }
        }
        let grown = peak.grown();
        assert!(is_shared() || grown < ROOM, "{grown} bytes");
        saw.join("; ")
    });
}

#[test]
fn g3_1_huge_lists() {
    let row = row!(g3_1_huge_lists.wat);
    let cases = [
        ("out of bounds", "it trapped"),
        ("sixty MiB", "it trapped"),
        ("log", "it trapped"),
        ("route of a million stops", "it trapped"),
        ("address of sixty MiB", "it trapped"),
    ];
    ended(row, row.core(), &cases);
}

#[test]
fn g3_2_small_calls() {
    let row = row!(g3_2_small_calls.wat);
    // Whichever of its bounds it meets first.
    ended(row, row.core(), &[("address", ""), ("config", ""), ("send", "")]);
}

/// The message is not delivered, or what its handler asked for is not done.
#[test]
fn g3_13_hostile_realloc() {
    let row = row!(g3_13_hostile_realloc.wat);
    let late = "it ran longer than its deadline (100ms)";
    let cases = [
        ("no", "it trapped"),
        ("far", "it trapped"),
        ("loop", late),
        ("traps", "it trapped: wasm trap: wasm `unreachable`"),
        ("called", "it trapped"),
    ];
    ended(row, row.core(), &cases);
}

#[test]
fn g3_13_hostile_post_return() {
    let row = row!(g3_13_hostile_post_return.wat);
    let late = "it ran longer than its deadline (100ms)";
    let cases = [
        ("trap", "it trapped: wasm trap: wasm `unreachable`"),
        ("loop", late),
        ("call", "it trapped"),
    ];
    ended(row, row.core(), &cases);
}

#[test]
fn g3_13_malformed_results() {
    let row = row!(g3_13_malformed_results.wat);
    ended(row, row.core(), &["a", "b", "c", "d", "e", "f", "g"].map(|case| (case, "it trapped")));
}
