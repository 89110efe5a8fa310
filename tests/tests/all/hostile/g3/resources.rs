//! What the host holds for a guest: handles, random bytes, timers.

use std::time::Duration;

use skep::{State, WorkerOptions};
use skep_tests::guests::guest;
use skep_tests::trial::attack;
use skep_tests::wait::until;
use skep_tests::wasi::with_wasi;
use skep_tests::{logs, process};

use super::{brief, ended};

#[test]
pub(super) fn g3_5_handles() {
    let row = row!(g3_5_handles.wat);
    ended(row, with_wasi(row.guest), &[("x", "it needed more handles than its 1000")]);
}

#[test]
pub(super) fn g3_5_timers_of_wasi() {
    let row = row!(g3_5_timers_of_wasi.wat);
    ended(row, with_wasi(row.guest), &[("x", "it needed more handles than its 1000")]);
}

/// Without a grant for a network a guest takes none of the process's sockets.
#[test]
pub(super) fn g3_5_sockets() {
    attack(row!(g3_5_sockets.wat), async |trial| {
        let before = process::held().map_or(0, |held| held.files);
        trial.yard.try_start("w", with_wasi(trial.row.guest), |_| {}).await.unwrap();
        let answer = trial.beside(async |yard| yard.answer("w", "x").await).await;
        // 449 of 450 rounds were left when it gave up.
        assert_eq!(answer, char::from(b'0' + 44).to_string());
        let taken = process::held().map_or(0, |held| held.files).saturating_sub(before);
        assert!(process::is_shared() || taken == 0, "{taken}");
        "the first of each kind is refused".into()
    });
}

#[test]
pub(super) fn g3_6_random_bytes() {
    let row = row!(g3_6_random_bytes.wat);
    ended(row, row.core(), &[("x", "`random-bytes` gives at most 4096 bytes")]);
}

#[test]
pub(super) fn g3_6_random_of_wasi() {
    let row = row!(g3_6_random_of_wasi.wat);
    ended(row, with_wasi(row.guest), &[("x", "it trapped")]);
}

#[test]
pub(super) fn g3_6_random_for_ever() {
    attack(row!(g3_6_random_for_ever.wat), async |trial| {
        trial.start(brief).await;
        trial.beside(async |yard| yard.failure("w", "x").await).await
    });
}

/// As many as it may have are held, and go with the worker; asked for more than it may
/// hand over, it has none.
#[test]
pub(super) fn g3_8_many_timers() {
    attack(row!(g3_8_many_timers.wat), async |trial| {
        trial.start(|_| {}).await;
        let why = trial.beside(async |yard| yard.failure("w", "many").await).await;
        assert!(why.contains("bytes"), "{why}");
        assert_eq!(trial.yard.status("w").unwrap().mailbox_messages, 0);
        // It gets so many that there is no room for an answer.
        let _ = trial.yard.ask("w", "few").await;
        let got = || logs::of("w").pop().filter(|line| line.len() == 1);
        assert_eq!(until("a count", got).await, "p", "64 after `0`");
        assert_eq!(trial.yard.status("w").unwrap().mailbox_messages, 32);
        let _ = trial.yard.ask("w", "few").await;
        assert_eq!(until("a count", got).await, "0");
        format!("64 of 100, 0 of 100; of 20000: {why}")
    });
}

/// It may keep itself busy.
#[test]
pub(super) fn g3_8_timer_storm() {
    attack(row!(g3_8_timer_storm.wat), async |trial| {
        trial.start(|_| {}).await;
        trial.yard.send("w", "").await;
        trial.beside(async |_| tokio::time::sleep(Duration::from_millis(400)).await).await;
        let status = trial.yard.status("w").unwrap();
        assert!(status.handled > 64 && status.failed == 0, "{status:?}");
        assert!(status.mailbox_messages <= 1_024, "{status:?}");
        // What takes its place handles what is left of them, and then has peace.
        let calm = guest("puppet");
        trial.yard.node.reload_component("w", calm, WorkerOptions::default()).await.unwrap();
        trial.yard.until_state("w", State::Idle).await;
        assert_eq!(trial.yard.answer("w", "reply peace").await, "peace");
        format!("{} timers ran out", status.handled)
    });
}

#[test]
pub(super) fn g3_8_far_timer() {
    attack(row!(g3_8_far_timer.script), async |trial| {
        trial.puppets(&[], |_| {}).await;
        let script = trial.row.script();
        trial.beside(async |yard| drop(yard.ask("w", &script).await)).await;
        assert_eq!(trial.yard.receive().await.body(), "soon");
        until("one is left of each try", || {
            (trial.yard.status("w")?.mailbox_messages >= 1).then_some(())
        })
        .await;
        let said = trial.yard.answer("w", "after 4294967295 app x; reply").await;
        assert_eq!(said, r#"SendError::Quota("64 timers")"#);
        said
    });
}
