//! Several messages in one call: each is as if it had one of its own.

use std::time::Duration;

use skep::{Grant, Save, WorkerOptions};
use skep_tests::Yard;

/// A yard with a worker that has handled a message already.
async fn with(guest: &str, set: impl FnOnce(&mut WorkerOptions)) -> Yard {
    let yard = Yard::new().await;
    yard.start_with("w", guest, |options| {
        options.limits.fuel = 1_000_000;
        set(options);
    })
    .await;
    assert_eq!(yard.answer("w", "in-series; reply").await, "0");
    yard
}

/// What these say to the program that wait for `w` together.
async fn said(yard: &mut Yard, scripts: &[&str], count: usize) -> Vec<String> {
    yard.block("w").await;
    for script in scripts {
        yard.send("w", script).await;
    }
    yard.unblock("w").await;
    let said = yard.bodies(count).await;
    yard.node.stop_worker("w-silent").await.unwrap();
    said
}

/// Says which message of its call it is.
const WHICH: &str = "in-series; tell app";

#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_together_share_a_call() {
    let mut yard = with("puppet", |_| {}).await;
    assert_eq!(said(&mut yard, &[WHICH; 4], 4).await, ["1", "2", "3", "4"]);
    assert_eq!(yard.answer("w", "in-series; next; reply").await, "0\nNone");
    let status = yard.status("w").unwrap();
    assert_eq!((status.failed, status.mailbox_messages), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_ends_a_series() {
    let mut yard = with("puppet", |_| {}).await;
    let said = said(&mut yard, &[WHICH; 150], 150).await;
    let numbers: Vec<u32> = said.iter().map(|number| number.parse().unwrap()).collect();
    assert!(numbers.iter().all(|number| *number <= 64), "{numbers:?}");
    assert!(numbers.iter().filter(|number| **number == 1).count() >= 2, "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_told_of_its_own_way() {
    let mut yard = with("puppet", |_| {}).await;
    yard.start("other", "puppet").await;
    let tell = "in-series; sender; return; attempt; tell app";
    let through = format!("send w {{{tell}}}");
    yard.block("w").await;
    yard.send("w", tell).await;
    yard.send("other", &through).await;
    yard.send("w", tell).await;
    yard.unblock("w").await;
    let of = |number: u32, who: &str| format!("{number}\nOrigin::Worker(\"{who}\")\n{who}\n1");
    assert_eq!(yard.bodies(3).await, [of(1, "app"), of(2, "other"), of(3, "app")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_its_own_budget() {
    let mut yard = with("puppet", |options| {
        (options.limits.host_bytes, options.limits.random) = (3_000, 100);
        options.limits.outbox_effects = 2;
    })
    .await;
    // Two thirds of the fuel, of the bytes and of the effects that one may have.
    let much = "spin 60000; log-large 1900; random 60; send app x; in-series; tell app";
    let said = said(&mut yard, &[much; 3], 6).await;
    assert_eq!(
        said,
        ["x", "ok\n1", "x", "ok\n2", "x", "ok\n3"].map(|s| if s == "x" {
            s.to_owned()
        } else {
            format!("60\n{s}")
        })
    );
    let status = yard.status("w").unwrap();
    assert_eq!((status.failed, status.restarts), (0, 0));
    let fuel = status.limits.iter().find(|limit| limit.key == "fuel").unwrap();
    assert!((400_000..1_000_000).contains(&fuel.used.unwrap()), "{fuel:?}");
}

/// One that fails has not taken those before with it, and those after it get an instance of
/// their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_that_of_one() {
    for (end, reason) in [("trap", "it trapped"), ("loop", "it used up its fuel (1000000)")] {
        let mut yard = with("puppet", |_| {}).await;
        let fails = format!("send app lost; {end}");
        let said = said(&mut yard, &[WHICH, &fails, WHICH, WHICH], 3).await;
        assert_eq!(said, ["1", "0", "0"], "{end}");
        let letters = yard.letters(1).await;
        assert!(letters[0].reason.starts_with(reason), "{end}: {}", letters[0].reason);
        assert_eq!(*letters[0].payload, *fails.as_bytes());
        let status = yard.status("w").unwrap();
        assert_eq!(status.failed, 1, "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_or_retried_is_one() {
    let mut yard = with("puppet", |_| {}).await;
    let said_first = said(&mut yard, &[WHICH, "send app lost; reject no", WHICH, WHICH], 3).await;
    assert_eq!(said_first, ["1", "1", "2"]);
    assert_eq!(yard.letters(1).await[0].reason, "rejected: no");
    let again = "until-attempt 2 {send app lost; retry later}; attempt; tell app";
    let mut bodies = said(&mut yard, &[WHICH, again], 2).await;
    assert_eq!(bodies.pop().unwrap(), "2");
    assert_eq!(bodies, ["1"]);
    assert_eq!(yard.status("w").unwrap().failed, 1);
}

/// Whatever is more than messages is done before the next one.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_between_two_messages_ends_the_call() {
    let mut yard = with("puppet", |options| options.grants = vec![Grant::StartWorkers]).await;
    for asks in ["after 60000 app x", "start w kid", "demonitor nobody"] {
        let script = format!("{asks}; in-series; tell app");
        let said = said(&mut yard, &[&script, WHICH, WHICH], 3).await;
        assert_eq!(said[0].lines().last(), Some("1"), "{asks}: {said:?}");
        assert_eq!(said[1..], ["1", "2"], "{asks}");
        yard.answer("w", "stop w.kid; cancel 1; reply done").await;
    }
    let said = said(&mut yard, &["stop w; in-series; tell app", "send app lost"], 1).await;
    assert_eq!(said, ["ok\n1"]);
    assert_eq!(*yard.letters(1).await[0].payload, *b"send app lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_payloads_have_a_call_each() {
    let mut yard = with("puppet", |_| {}).await;
    let long = format!("{WHICH}{}", " ".repeat(1_024));
    let said = said(&mut yard, &[WHICH, &long, WHICH, WHICH], 4).await;
    assert_eq!(said, ["1", "0", "1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_saved_between_two_messages() {
    for (save, expected) in
        [(Save::EveryMessage, ["0", "0", "0"]), (Save::Handover, ["1", "2", "3"])]
    {
        let mut yard = with("keeper", |options| options.save = save).await;
        assert_eq!(said(&mut yard, &[WHICH; 3], 3).await, expected, "{save:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_handles_what_nobody_waits_for() {
    let mut yard = with("puppet", |_| {}).await;
    yard.block("w").await;
    yard.send("w", WHICH).await;
    let within = Duration::from_millis(1);
    let late = yard.app.send_and_receive_within::<String>("w", "send app lost", within).await;
    assert!(late.is_err());
    yard.send("w", WHICH).await;
    yard.unblock("w").await;
    assert_eq!(yard.bodies(2).await, ["1", "0"]);
    assert_eq!(yard.status("w").unwrap().expired, 1);
}

/// A guest that takes the next message in the middle of one: what it has asked for so far was
/// the one's, and what it does from then on is the other's.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_is_in_hand_once_it_is_taken() {
    let mut yard = with("puppet", |_| {}).await;
    let takes = "send app one; next; send app two";
    assert_eq!(said(&mut yard, &[takes, "send app never", WHICH], 3).await, ["one", "two", "2"]);
    let traps = "send app one; next; send app lost; trap";
    let said = said(&mut yard, &[traps, "attempt; tell app"], 2).await;
    assert_eq!(said, ["one", "2"]);
    assert_eq!(yard.status("w").unwrap().failed, 0);
}

/// A request in the middle: what is there of the series waits with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_in_a_series() {
    let mut yard = with("puppet", |_| {}).await;
    yard.start("bare", "bare").await;
    let asks = "request bare 1000 hello; in-series; tell app";
    assert_eq!(said(&mut yard, &[WHICH, asks, WHICH], 3).await, ["1", "hello\n2", "3"]);
}
