//! G2: guests that exhaust what they have: time, memory, the patience of others.

mod failing;
mod memory;

use std::time::{Duration, Instant};

use failing::*;
use memory::*;
use skep::error::RequestError;
use skep::{WorkerOptions, WorkerStatus};
use skep_tests::Yard;
use skep_tests::trial::{Row, attack};
use skep_tests::wait::until;
use skep_tests::wasi::with_wasi;

foreach_g2!(assert_test_exists);

/// How long a message may run where fuel is to be no bound.
const DEADLINE: Duration = Duration::from_millis(100);

fn unfuelled(options: &mut WorkerOptions) {
    options.limits.fuel = u64::MAX;
}

fn tireless(options: &mut WorkerOptions) {
    unfuelled(options);
    options.limits.deadline = DEADLINE;
}

/// Each message that failed was delivered so often, to an instance of its own.
async fn restarted(yard: &Yard, times: u64) {
    // The last one goes after its message's requester was told.
    let all = |status: &WorkerStatus| status.restarts == times * status.failed;
    until("restarts", || yard.status("w").filter(all)).await;
}

/// A handler that does not end before its deadline.
fn overdue(row: Row, set: impl Fn(&mut WorkerOptions), component: Vec<u8>, words: &str) {
    attack(row, async |trial| {
        trial.yard.try_start("w", component, set).await.unwrap();
        let (why, took) = trial
            .beside(async |yard| {
                let began = Instant::now();
                let why = yard.failure("w", "x").await;
                (why, began.elapsed())
            })
            .await;
        assert!(why.starts_with(words), "{why}");
        restarted(&trial.yard, 2).await;
        format!("{why}; told after {} ms", took.as_millis())
    });
}

#[test]
fn g2_1_endless_loop() {
    let row = row!(g2_1_endless_loop.wat);
    overdue(row, |_| {}, row.core(), "it used up its fuel (50000000)");
}

#[test]
fn g2_1_tail_calls() {
    let row = row!(g2_1_tail_calls.wat);
    overdue(row, tireless, row.core(), "it ran longer than its deadline (100ms)");
}

/// Twice as many as there are threads, for which nothing but time is a bound.
#[test]
fn four_endless_loops() {
    attack(row!(g2_1_endless_loop.wat).as_attack("g2_1_four_endless_loops"), async |trial| {
        for name in ["w1", "w2", "w3", "w4"] {
            trial.start_as(name, tireless).await;
        }
        let why = trial
            .beside(async |yard| {
                let all = ["w1", "w2", "w3", "w4"].map(|name| yard.failure(name, "x"));
                let [a, b, c, d] = all;
                let (why, ..) = tokio::join!(a, b, c, d);
                why
            })
            .await;
        assert!(why.starts_with("it ran longer than its deadline (100ms)"), "{why}");
        why
    });
}

#[test]
fn g2_2_memory_copy() {
    let row = row!(g2_2_memory_copy.wat);
    overdue(row, tireless, row.core(), "it ran longer than its deadline (100ms)");
}

#[test]
fn g2_12_clock() {
    let row = row!(g2_12_clock.wat);
    overdue(row, tireless, row.core(), "it ran longer than its deadline (100ms)");
}

#[test]
fn g2_7_sleep_in_host() {
    let row = row!(g2_7_sleep_in_host.wat);
    overdue(row, tireless, with_wasi(row.guest), "it ran longer than its deadline (100ms)");
}

/// A wait in `request` is no running time, and has a bound of its own.
#[test]
fn g2_7_request_forever() {
    attack(row!(g2_7_request_forever.script), async |trial| {
        trial.puppets(&["silent"], |options| options.limits.request = DEADLINE).await;
        let script = trial.row.script();
        let said = trial.beside(async |yard| yard.answer("w", &script).await).await;
        assert_eq!(said, "RequestError::Timeout");
        said
    });
}

/// Honest work, as much of it as may be, by more workers than there are threads.
#[test]
fn g2_11_all_its_fuel() {
    attack(row!(g2_11_all_its_fuel.wat), async |trial| {
        let names = ["w1", "w2", "w3", "w4"];
        for name in names {
            trial.start_as(name, |_| {}).await;
            trial.yard.send(name, "").await;
        }
        trial.beside(async |_| tokio::time::sleep(Duration::from_millis(600)).await).await;
        let all: Vec<_> = names.iter().map(|name| trial.yard.status(name).unwrap()).collect();
        for status in &all {
            assert!(status.handled >= 1 && status.failed == 0, "{status:?}");
            assert!(status.fuel >= status.handled * 20_000_000, "{status:?}");
        }
        let handled = all.iter().map(|status| status.handled).sum::<u64>();
        format!("{handled} messages handled, {} units of fuel each", all[0].fuel / all[0].handled)
    });
}

/// The instance goes with what was interrupted in it: the next begins to count anew.
#[test]
fn g2_13_bulk_interrupted() {
    attack(row!(g2_13_bulk_interrupted.wat), async |trial| {
        trial.start(tireless).await;
        let why = trial
            .beside(async |yard| {
                let why = yard.failure("w", "fill").await;
                assert_eq!(yard.answer("w", "count").await, "1");
                assert_eq!(yard.answer("w", "count").await, "2");
                why
            })
            .await;
        assert!(why.starts_with("it ran longer than its deadline (100ms)"), "{why}");
        why
    });
}

/// The engine's defects that these rows are about were mended in these versions.
#[test]
fn the_engine_is_not_one_with_known_defects() {
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    for package in ["wasmtime", "wasmtime-wasi"] {
        let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).unwrap();
        let version = entry.split('"').next().unwrap();
        let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
        assert!(numbers >= vec![48, 0, 8], "{package} {version}");
    }
}

/// Stopped in the middle of a handler that would go on for ever.
#[test]
fn an_order_to_stop_gets_through() {
    attack(row!(g2_1_endless_loop.wat).as_attack("g2_1_stopped_loop"), async |trial| {
        let module = trial.row.core();
        trial
            .beside(async |yard| {
                let set = |options: &mut WorkerOptions| {
                    options.limits.fuel = u64::MAX;
                    options.limits.deadline = Duration::from_secs(60);
                };
                yard.try_start("w", module.clone(), set).await.unwrap();
                let app = yard.app.clone();
                let asked =
                    tokio::spawn(async move { app.send_and_receive::<String>("w", "x").await });
                yard.until_state("w", skep::State::Running).await;
                yard.node.stop_worker("w").await.unwrap();
                let outcome = asked.await.unwrap();
                let Err(RequestError::Dropped(why)) = outcome else { panic!("{outcome:?}") };
                why
            })
            .await
    });
}
