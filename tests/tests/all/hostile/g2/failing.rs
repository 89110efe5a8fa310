//! Handlers that trap.

use skep::State;
use skep::error::SendError;
use skep_tests::trial::attack;

use super::restarted;

#[test]
pub(super) fn g2_3_recursion() {
    attack(row!(g2_3_recursion.wat), async |trial| {
        trial.start(|_| {}).await;
        let why = trial.beside(async |yard| yard.failure("w", "x").await).await;
        assert!(why.starts_with("it trapped: wasm trap: call stack exhausted"), "{why}");
        why
    });
}

/// Each of its messages becomes a dead letter, and the worker takes the next.
#[test]
pub(super) fn g2_8_trap_always() {
    attack(row!(g2_8_trap_always.wat), async |trial| {
        trial.start(|_| {}).await;
        let why = trial.beside(async |yard| yard.failure("w", "x").await).await;
        assert!(why.starts_with("it trapped: wasm trap: wasm `unreachable`"), "{why}");
        let (status, letters) = (trial.yard.status("w").unwrap(), trial.yard.node.dead_letters());
        assert_ne!(status.state, State::Parked);
        assert_eq!((status.handled, status.failed), (0, letters.len() as u64));
        restarted(&trial.yard, 3).await;
        assert!(letters.iter().all(|letter| letter.attempts == 3));
        format!("{} messages, three times each: {why}", letters.len())
    });
}

/// Instances that fail before they have handled anything: the worker is parked.
#[test]
pub(super) fn g2_8_trap_on_restart() {
    attack(row!(g2_8_trap_on_restart.wat), async |trial| {
        let module = trial.row.core();
        let why = trial
            .beside(async |yard| {
                yard.try_start("w", module.clone(), |_| {}).await.unwrap();
                let why = yard.failure("w", "x").await;
                yard.until_state("w", State::Parked).await;
                assert_eq!(yard.app.send("w", "x").await, Err(SendError::Closed));
                yard.node.stop_worker("w").await.unwrap();
                why
            })
            .await;
        assert!(why.contains("its receiver is parked"), "{why}");
        why
    });
}

/// The worker lives, and others' messages are answered between.
#[test]
pub(super) fn g2_9_poison() {
    attack(row!(g2_9_poison.wat), async |trial| {
        trial.start(|_| {}).await;
        let why = trial
            .beside(async |yard| {
                let (why, answer) =
                    tokio::join!(yard.failure("w", "poison"), yard.answer("w", "good"));
                assert_eq!(answer, "good");
                why
            })
            .await;
        assert!(why.starts_with("it trapped: wasm trap: wasm `unreachable`"), "{why}");
        let letter = trial.yard.node.dead_letters().remove(0);
        assert_eq!((&*letter.payload, letter.attempts), (b"poison".as_slice(), 3));
        why
    });
}
