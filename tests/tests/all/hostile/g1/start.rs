//! Workers that do harm before they have handled anything.

use std::time::Duration;

use skep::WorkerOptions;
use skep::error::{ReloadError, StartError};
use skep_tests::Yard;
use skep_tests::trial::{Row, attack};
use skep_tests::wait::until;

fn bounded(options: &mut WorkerOptions) {
    options.limits.fuel = 1_000_000;
    options.limits.start = Duration::from_millis(100);
}

/// A guest without `lifecycle`: its instance comes with the first message, for which it
/// is tried a few times.
pub(super) fn parked(row: Row, set: impl Fn(&mut WorkerOptions), words: &str) {
    attack(row, async |trial| {
        let module = trial.row.core();
        let why = trial
            .beside(async |yard| {
                yard.try_start("w", module.clone(), &set).await.unwrap();
                let why = yard.failure("w", "x").await;
                yard.until_state("w", skep::State::Parked).await;
                stop(yard).await;
                why
            })
            .await;
        assert!(why.contains(words), "{why}");
        why.rsplit("it failed to start: ").next().unwrap_or(&why).into()
    });
}

async fn stop(yard: &Yard) {
    yard.node.stop_worker("w").await.unwrap();
}

#[test]
pub(super) fn g1_12_loop_in_start() {
    parked(row!(g1_12_loop_in_start.wat), bounded, "it used up its fuel (1000000)");
}

#[test]
pub(super) fn g1_12_trap_in_start() {
    parked(row!(g1_12_trap_in_start.wat), |_| {}, "it trapped: wasm trap: wasm `unreachable`");
}

#[test]
pub(super) fn g1_12_grow_in_start() {
    parked(row!(g1_12_grow_in_start.wat), |_| {}, "it needed more memory than its 67108864 bytes");
}

/// With `lifecycle` it begins at once, and whoever starts it is told.
#[test]
pub(super) fn g1_12_loop_in_lifecycle() {
    attack(row!(g1_12_loop_in_lifecycle.wat), async |trial| {
        let module = trial.row.core();
        let started = trial
            .beside(async |yard| {
                let looping = yard.try_start("w", module.clone(), |options| {
                    options.limits.fuel = u64::MAX;
                    options.limits.start = Duration::from_millis(50);
                });
                // Another one meanwhile.
                let (started, _) = tokio::join!(looping, yard.start("other", "bare"));
                yard.node.stop_worker("other").await.unwrap();
                started
            })
            .await;
        let Err(StartError::Failed(why)) = started else { panic!("{started:?}") };
        assert!(why.contains("it ran longer than its deadline (50ms)"), "{why}");
        // Whoever started it may be told a little before the last of its turn is over.
        until("it is gone", || (trial.yard.workers() == ["neighbour"]).then_some(())).await;
        why
    });
}

/// Whoever runs already goes on, whatever is to take its place.
#[test]
pub(super) fn g1_12_bad_generation() {
    attack(row!(g1_12_bad_generation.wat), async |trial| {
        trial.yard.start("w", "bare").await;
        let module = trial.row.core();
        let why = trial
            .beside(async |yard| {
                let mut options = WorkerOptions::default();
                bounded(&mut options);
                let traps = yard.node.reload_component("w", module.clone(), options.clone()).await;
                let Err(ReloadError::Refused { kept: 1, why }) = traps else { panic!("{traps:?}") };
                options.args = b"loop".into();
                let loops = yard.node.reload_component("w", module.clone(), options);
                let (loops, ()) = tokio::join!(loops, async {
                    for _ in 0..20 {
                        assert_eq!(yard.answer("w", "still here").await, "still here");
                    }
                });
                assert!(matches!(loops, Err(ReloadError::Refused { kept: 1, .. })), "{loops:?}");
                why
            })
            .await;
        assert!(why.contains("it trapped: wasm trap: wasm `unreachable`"), "{why}");
        assert_eq!(trial.yard.status("w").unwrap().generation, 1);
        why
    });
}
