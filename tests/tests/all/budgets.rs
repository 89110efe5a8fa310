//! Each limit: what is used of it, how often it was reached, and what a failure says.

use std::time::Duration;

use skep::error::{RequestError, StartError};
use skep::{LimitUse, Node, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::{guest, handler};
use skep_tests::wasi::with_wasi;

fn limit(yard: &Yard, worker: &str, key: &str) -> LimitUse {
    let limits = yard.status(worker).expect("a worker").limits;
    limits.into_iter().find(|limit| limit.key == key).expect("a limit")
}

fn small(options: &mut WorkerOptions) {
    let limits = &mut options.limits;
    (limits.fuel, limits.host_bytes, limits.random) = (5_000_000, 3_000, 100);
    (limits.timers, limits.monitors, limits.outbox_effects) = (2, 2, 3);
    (limits.outbox_bytes, limits.message, limits.log_lines) = (2_500, 2_000, 2);
    limits.deadline = Duration::from_millis(50);
}

/// A script that reaches each limit once, and what it costs.
const REACHED: [(&str, &str, bool); 13] = [
    ("fuel", "loop", false),
    ("host-bytes", "repeat 4 {log-large 900}", false),
    ("random", "random 101", false),
    ("memory", "grow 2000; reply", true),
    ("timers", "repeat 3 {after 60000 w x}; reject", false),
    ("monitors", "repeat 3 {monitor bare x}; reject", false),
    ("outbox-effects", "repeat 4 {send bare x}; reject", false),
    ("outbox-bytes", "send bare @1500; send bare @1400; reject", false),
    ("message", "send bare @2001; reject", false),
    ("log-lines", "repeat 3 {log x}; reply", true),
    ("request", "request silent 1 loop; reply", true),
    ("mailbox-messages", "repeat 2 {send w x}; reject", false),
    ("mailbox-bytes", "send w @900; reject", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reached_is_counted() {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start("silent", "puppet").await;
    for (key, script, answered) in REACHED {
        yard.start_with("w", "puppet", |options| {
            small(options);
            options.limits.mailbox_messages = if key == "mailbox-messages" { 2 } else { 100 };
            options.limits.request = Duration::from_millis(if key == "request" { 1 } else { 500 });
            options.limits.mailbox_bytes = if key == "mailbox-bytes" { 1_000 } else { 100_000 };
        })
        .await;
        let outcome = yard.ask("w", script).await;
        assert_eq!(outcome.is_ok(), answered, "{key}: {outcome:?}");
        let found = limit(&yard, "w", key);
        assert!(found.reached > 0, "{key}: {:#?}", yard.status("w"));
        yard.node.stop_worker("w").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_is_counted_too() {
    let yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| {
        options.limits.fuel = u64::MAX;
        options.limits.deadline = Duration::from_millis(20);
    })
    .await;
    assert!(yard.ask("w", "loop").await.is_err());
    let found = limit(&yard, "w", "deadline");
    assert!(found.reached > 0 && found.used >= Some(20), "{found:?}");
}

/// What is held is shown as it is; what is counted for each message, by the greatest.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_is_shown() {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start("w", "puppet").await;
    let script = "repeat 2 {after 60000 w x}; monitor bare x; log-large 5000; random 70; reply";
    yard.answer("w", script).await;
    yard.answer("w", "reply").await;
    let used = |key: &str| limit(&yard, "w", key).used;
    assert_eq!((used("timers"), used("monitors"), used("children")), (Some(2), Some(1), Some(0)));
    // The places of timers and monitors are held in the worker's own mailbox.
    assert_eq!(used("mailbox-messages"), Some(3));
    assert_eq!((used("outbox-effects"), used("random")), (Some(4), Some(70)));
    assert!(used("host-bytes") >= Some(5_000) && used("fuel") > Some(1_000));
    assert_eq!(used("memory"), Some(yard.status("w").unwrap().memory_bytes as u64));
    assert_eq!((used("log-lines"), used("handles")), (Some(1), Some(0)));
}

/// Takes three handles with each message, and gives none back.
const KEEPING: &str = r#"(module
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (drop (call $stdout)) (drop (call $stdout)) (drop (call $stdout))
    (i32.store8 (i32.const 0) (i32.const 0))
    i32.const 0))"#;

#[tokio::test(flavor = "multi_thread")]
async fn handles_are_counted() {
    let yard = Yard::new().await;
    yard.try_start("w", with_wasi(KEEPING), |_| {}).await.unwrap();
    for handles in [3, 6] {
        let _ = yard.ask("w", "x").await;
        assert_eq!(limit(&yard, "w", "handles").used, Some(handles));
    }
}

/// What nobody waits for any more is dropped before it is handled, and counted.
#[tokio::test(flavor = "multi_thread")]
async fn expired_work_is_counted() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.block("w").await;
    let soon = Duration::from_millis(1);
    let late = yard.app.send_and_receive_within::<String>("w", "send app handled", soon).await;
    assert_eq!(late, Err(RequestError::Timeout));
    yard.unblock("w").await;
    yard.send("w", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
    let status = yard.status("w").unwrap();
    assert_eq!((status.expired, status.failed), (1, 1));
}

/// Where it failed, and what it had used by then, is told wherever the failure is.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_names_its_functions_and_what_was_used() {
    let yard = Yard::new().await;
    let parts = "(func $deep unreachable) (func $middle call $deep)";
    let component = handler(parts, "call $middle i32.const 0");
    yard.try_start("w", component, |_| {}).await.unwrap();
    let outcome = yard.ask("w", "x").await;
    let Err(RequestError::Failed(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("(in deep, called by middle"), "{why}");
    assert!(why.contains(" fuel and 64 KiB used"), "{why}");
    assert_eq!(yard.letter("called by middle").await.attempts, 3);
    let last = yard.status("w").unwrap().last_failure;
    assert!(last.as_ref().is_some_and(|last| last.starts_with(&why)), "{last:?}");
}

/// What it was written in is shown, where it says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_s_language_is_shown() {
    let yard = Yard::new().await;
    let mut component = handler("", "i32.const 0");
    // A custom section `producers` with one field, `language`, of one value: `Bee` 1.
    let fields = b"\x01\x08language\x01\x03Bee\x011";
    let section = [b"\x09producers".as_slice(), fields].concat();
    component.push(0);
    component.push(u8::try_from(section.len()).unwrap());
    component.extend(section);
    yard.try_start("w", component, |_| {}).await.unwrap();
    assert_eq!(yard.status("w").unwrap().language.as_deref(), Some("Bee"));
}

/// `start` and `restore`, and the instance itself, have one deadline together.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_has_a_deadline() {
    let yard = Yard::new().await;
    let started = yard
        .try_start("w", guest("keeper"), |options| {
            options.args = b"loop".to_vec();
            options.limits.start = Duration::from_millis(10);
            options.limits.fuel = u64::MAX;
        })
        .await;
    let Err(StartError::Failed(why)) = started else { panic!("{started:?}") };
    assert!(why.contains("it ran longer than its deadline (10ms)"), "{why}");
}

/// The node's own bounds on what is loaded.
#[tokio::test(flavor = "multi_thread")]
async fn size_and_compile_time_are_settings() {
    let component = handler("", "i32.const 0");
    let size = component.len() as u64;
    for (builder, refusal) in [
        (Node::builder().component_size(size - 1), "raise `component` under [node]"),
        (Node::builder().compile_time(Duration::ZERO), "does not compile within 0ns"),
    ] {
        let yard = Yard::of(builder.threads(1)).await;
        let started = yard.try_start("w", component.clone(), |_| {}).await;
        let Err(StartError::Component(why)) = started else { panic!("{started:?}") };
        assert!(why.contains(refusal), "{why}");
    }
    let yard = Yard::of(Node::builder().component_size(size).threads(1)).await;
    yard.try_start("w", component, |_| {}).await.unwrap();
}

/// Workers that take what each of them may leave an eighth of the node's memory to those that
/// begin.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_grows_leaves_room_for_those_that_begin() {
    let yard = Yard::of(Node::builder().memory(32 << 20)).await;
    for (name, script, said) in [
        ("hog", "grow 400; reply", "grown"),
        ("other", "grow 64; reply", "refused"),
        ("late", "reply here", "here"),
        ("late", "grow 60; reply", "refused"),
    ] {
        if yard.status(name).is_none() {
            yard.start(name, "puppet").await;
        }
        assert_eq!(yard.answer(name, script).await, said, "{name}");
    }
    let taken = yard.node.workers().iter().map(|worker| worker.memory_bytes).sum::<usize>();
    assert!((28 << 20..32 << 20).contains(&taken), "{taken}");
}
