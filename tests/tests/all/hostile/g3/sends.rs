//! Sends and requests: to oneself, to all, in masses, in circles.

use std::time::Duration;

use skep_tests::trial::attack;
use tokio::time::sleep;

#[test]
pub(super) fn g3_9_send_to_self() {
    attack(row!(g3_9_send_to_self.wat), async |trial| {
        trial.start(|_| {}).await;
        trial.yard.send("w", "").await;
        trial.beside(async |_| sleep(Duration::from_millis(400)).await).await;
        let status = trial.yard.status("w").unwrap();
        assert!(status.handled > 1_000 && status.failed == 0, "{status:?}");
        assert!(status.mailbox_messages <= 1_024, "{status:?}");
        format!("{} messages to itself, {} in its mailbox", status.handled, status.mailbox_messages)
    });
}

#[test]
pub(super) fn g3_9_a_million_sends() {
    attack(row!(g3_9_a_million_sends.wat), async |trial| {
        trial.yard.start("sink", "puppet").await;
        trial.start(|_| {}).await;
        // Each message leads to as many sends as one outbox has room for.
        trial.beside(async |yard| drop(yard.ask("w", "x").await)).await;
        trial.yard.until_state("sink", skep::State::Idle).await;
        let sent = trial.yard.status("w").unwrap().handled;
        let received = trial.yard.status("sink").unwrap().handled;
        assert!(sent > 0 && received == 64 * sent, "{sent} {received}");
        format!("64 of a million, {sent} times")
    });
}

#[test]
pub(super) fn g3_9_send_to_all() {
    attack(row!(g3_9_send_to_all.script), async |trial| {
        trial.puppets(&["s1", "s2", "s3"], |_| {}).await;
        let script = trial.row.script();
        // The program need not read what it is sent: at some time its mailbox is full.
        let said = trial.beside(async |yard| yard.answer("w", &script).await).await;
        let said: Vec<_> = said.lines().collect();
        assert_eq!(said[..6], ["ok", "ok", "ok", "ok", "ok", r#"SendError::NoRoute("nobody")"#]);
        assert!(["ok", r#"SendError::MailboxFull("app")"#].contains(&said[6]), "{said:?}");
        assert_eq!(said[7..], [r#"SendError::NoRoute("_node")"#, "ok"]);
        said[5..].join(", ")
    });
}

#[test]
pub(super) fn g3_10_cycle() {
    attack(row!(g3_10_cycle.script), async |trial| {
        trial.yard.start("h1", "hop").await;
        trial.puppets(&["b"], |_| {}).await;
        let script = trial.row.script();
        let said = trial.beside(async |yard| yard.answer("w", &script).await).await;
        let cycle = |words: &str| format!("RequestError::Cycle({words:?})");
        let circles = [cycle("w → w"), cycle("b → w → b"), cycle("b → w → b")];
        assert_eq!(said.lines().collect::<Vec<_>>(), circles);
        said.lines().collect::<Vec<_>>().join(", ")
    });
}
