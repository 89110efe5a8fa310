//! Memory: of one worker in all its forms, and of all workers together.

use std::time::Duration;

use skep::{Grant, Node, WorkerOptions};
use skep_tests::process::{Peak, is_shared};
use skep_tests::trial::{Row, attack, attack_on};
use skep_tests::wait::until;
use tokio::time::sleep;

use super::unfuelled;

/// Takes what it can, and then traps; `least` and `most` are what the process may need
/// for it at its peak, in MiB.
fn bomb(row: Row, least: u64, most: u64) {
    attack(row, async |trial| {
        trial.start(unfuelled).await;
        let peak = Peak::begin();
        let why = trial.beside(async |yard| yard.failure("w", "x").await).await;
        let grown = peak.grown() >> 20;
        assert!(why.starts_with("it needed more memory than its 67108864 bytes"), "{why}");
        assert!(is_shared() || (least..most).contains(&grown), "{grown} MiB at its peak");
        // The instance goes after its message's requester was told.
        let given_back = || trial.yard.status("w").filter(|status| status.memory_bytes == 0);
        until("its memory is given back", given_back).await;
        format!("{why}; {grown} MiB more at its peak")
    });
}

#[test]
pub(super) fn g2_4_memory_grow() {
    bomb(row!(g2_4_memory_grow.wat), 50, 80);
}

#[test]
pub(super) fn g2_4_many_memories() {
    bomb(row!(g2_4_many_memories.wat), 5, 80);
}

#[test]
pub(super) fn g2_5_table_grow() {
    bomb(row!(g2_5_table_grow.wat), 50, 80);
}

/// The newest is refused; those before it are not hurt.
#[test]
pub(super) fn g2_6_many_workers() {
    let node = Node::builder().memory(96 << 20);
    attack_on(node, row!(g2_6_many_workers.wat), async |trial| {
        let module = trial.row.core();
        let why = trial
            .beside(async |yard| {
                for name in ["w1", "w2", "w3", "w4"] {
                    yard.try_start(name, module.clone(), |_| {}).await.unwrap();
                }
                for name in ["w1", "w2", "w3"] {
                    assert_eq!(yard.answer(name, "here").await, "here");
                }
                let why = yard.failure("w4", "x").await;
                for name in ["w1", "w2", "w3"] {
                    assert_eq!(yard.answer(name, "still here").await, "still here");
                }
                // It has failed by nothing of its own: as soon as there is room it goes on.
                yard.node.stop_worker("w1").await.unwrap();
                assert_eq!(yard.answer("w4", "here").await, "here");
                for name in ["w2", "w3", "w4"] {
                    yard.node.stop_worker(name).await.unwrap();
                }
                why
            })
            .await;
        let words = "the node's workers need more memory together than its 100663296 bytes";
        assert!(why.contains(words), "{why}");
        why.rsplit("it failed to start: ").next().unwrap_or(&why).into()
    });
}

/// As many as its limits say, and all of them go with the first.
#[test]
pub(super) fn g2_6_fork_bomb() {
    attack(row!(g2_6_fork_bomb.wat), async |trial| {
        trial.start(|options| options.grants = vec![Grant::StartWorkers]).await;
        trial.yard.send("w", "").await;
        let mut most = 0;
        trial
            .beside(async |yard| {
                most = most.max(yard.workers().len() - 2);
                sleep(Duration::from_millis(5)).await;
            })
            .await;
        assert_eq!(most, 256, "descendants");
        trial.yard.node.stop_worker("w").await.unwrap();
        until("all are gone", || (trial.yard.workers() == ["neighbour"]).then_some(())).await;
        format!("{most} workers")
    });
}

/// What workers are started with is held by the node.
#[test]
pub(super) fn g2_6_luggage() {
    attack(row!(g2_6_luggage.wat), async |trial| {
        // As much passes through it each time, and the allocator keeps that once.
        trial.may_leave = 96 << 20;
        trial.yard.start("bare", "bare").await;
        let (module, peak) = (trial.row.core(), Peak::begin());
        let mut rounds = 0;
        let started = trial
            .beside(async |yard| {
                let granted =
                    |options: &mut WorkerOptions| options.grants = vec![Grant::StartWorkers];
                yard.try_start("w", module.clone(), granted).await.unwrap();
                for _ in 0..20 {
                    // There is no answer.
                    let _ = yard.ask("w", "x").await;
                }
                let started = yard.workers().len() - 3;
                yard.node.stop_worker("w").await.unwrap();
                until("all are gone", || (yard.workers().len() == 2).then_some(())).await;
                rounds += 1;
                started
            })
            .await;
        assert_eq!(started, 4, "children whose arguments have a megabyte each");
        let grown = peak.grown() >> 20;
        format!("{started} workers, {rounds} times: {grown} MiB of the node's memory at its peak")
    });
}

/// At its limit it loses its instance, and goes on with a new one.
#[test]
pub(super) fn g2_10_leak() {
    attack(row!(g2_10_leak.wat), async |trial| {
        trial.start(|_| {}).await;
        let mut most = 0;
        trial
            .beside(async |yard| {
                for _ in 0..20 {
                    assert_eq!(yard.answer("w", "x").await, "x");
                    most = most.max(yard.status("w").unwrap().memory_bytes);
                }
            })
            .await;
        let status = trial.yard.status("w").unwrap();
        assert!(most > 48 << 20 && most <= 64 << 20, "{most}");
        assert!(status.restarts >= 1 && status.failed == 0, "{status:?}");
        let (handled, restarts) = (status.handled, status.restarts);
        format!(
            "{handled} messages answered by {} instances, {} MiB at most",
            restarts + 1,
            most >> 20
        )
    });
}
