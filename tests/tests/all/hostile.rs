//! Whatever one worker does, its neighbour answers meanwhile, and it itself afterwards.
//!
//! The modules below have a test for each guest in `guests/hostile`, by the groups of
//! threats: files that are no good workers, guests that exhaust what they have, that
//! abuse the calls to their node, and that do it with messages.

use std::time::Duration;

use skep::error::{RequestError, StartError};
use skep::{Node, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::handler;

// `foreach_g1!` and so on: the guests of each group.
include!(concat!(env!("OUT_DIR"), "/hostile.rs"));

/// A guest without a test of its name does not compile.
macro_rules! assert_test_exists {
    ($name:ident) => {
        const _: fn() = $name;
    };
}

/// The guest of this name and kind; a test without its guest does not compile.
macro_rules! row {
    ($name:ident . $kind:ident) => {
        skep_tests::trial::Row {
            name: stringify!($name),
            guest: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/guests/hostile/",
                stringify!($name),
                ".",
                stringify!($kind)
            )),
        }
    };
}

mod g1;
mod g2;
mod g3;
mod g6;

struct Attack {
    script: &'static str,
    fuel: u64,
    reason: &'static str,
}

/// What a message makes a worker do, and the reason that its requester is told.
const ATTACKS: [Attack; 7] = [
    Attack { script: "loop", fuel: 1_000_000, reason: "it used up its fuel (1000000)" },
    Attack { script: "loop", fuel: u64::MAX, reason: "it ran longer than its deadline (100ms)" },
    Attack { script: "recurse", fuel: u64::MAX, reason: "it trapped: wasm trap: call stack" },
    Attack { script: "allocate 80000000", fuel: u64::MAX, reason: "it needed more memory than" },
    Attack { script: "trap", fuel: u64::MAX, reason: "it trapped: wasm trap: wasm `unreachable`" },
    Attack {
        script: "reply x; send bare x; after 0 bare x; loop",
        fuel: 1_000_000,
        reason: "it used up",
    },
    Attack {
        script: "repeat 64 {send w {}}; trap",
        fuel: u64::MAX,
        reason: "it trapped: wasm trap: wasm `unreachable`",
    },
];

fn bounded(fuel: u64) -> impl FnOnce(&mut WorkerOptions) {
    move |options| {
        options.limits.fuel = fuel;
        options.limits.deadline = Duration::from_millis(100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_answers_meanwhile() {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    for Attack { script, fuel, reason } in ATTACKS {
        yard.start_with("w", "puppet", bounded(fuel)).await;
        let attack = yard.ask("w", script);
        let neighbour = async {
            for number in 0..50 {
                assert_eq!(yard.answer("bare", &number.to_string()).await, number.to_string());
            }
        };
        let (outcome, ()) = tokio::join!(attack, neighbour);
        let Err(RequestError::Failed(why)) = outcome else { panic!("{script}: {outcome:?}") };
        assert!(why.starts_with(reason), "{script}: {why}");
        assert_eq!(yard.answer("w", "reply alive").await, "alive", "{script}");
        yard.node.stop_worker("w").await.unwrap();
    }
}

/// Twice as many endless loops as threads, beside an echoer.
#[tokio::test(flavor = "multi_thread")]
async fn many_loops_do_not_keep_an_echoer_from_its_turn() {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    let mut loops = Vec::new();
    for number in 0..4 {
        let name = format!("w{number}");
        yard.start_with(&name, "puppet", |options| {
            options.limits.fuel = u64::MAX;
            options.limits.deadline = Duration::from_millis(500);
        })
        .await;
        let app = yard.app.clone();
        loops.push(tokio::spawn(async move { app.send_and_receive::<String>(name, "loop").await }));
    }
    for number in 0..200 {
        assert_eq!(yard.answer("bare", &number.to_string()).await, number.to_string());
    }
    for each in loops {
        let outcome = each.await.unwrap();
        assert!(matches!(outcome, Err(RequestError::Failed(_))), "{outcome:?}");
    }
}

/// The same work takes the same fuel, in whatever worker.
#[tokio::test(flavor = "multi_thread")]
async fn fuel_is_deterministic() {
    let yard = Yard::new().await;
    let mut used = Vec::new();
    for name in ["a", "b", "c"] {
        yard.start(name, "puppet").await;
        yard.answer(name, "spin 10000; reply").await;
        used.push(yard.status(name).unwrap().fuel);
    }
    assert!(used[0] > 10_000, "{used:?}");
    assert!(used.iter().all(|each| *each == used[0]), "{used:?}");
    for (fuel, enough) in [(used[0], true), (used[0] / 2, false)] {
        let name = format!("w{fuel}");
        yard.start_with(&name, "puppet", |options| options.limits.fuel = fuel).await;
        assert_eq!(yard.ask(&name, "spin 10000; reply").await.is_ok(), enough, "{fuel}");
    }
}

/// Growth that is refused is the guest's to handle.
#[tokio::test(flavor = "multi_thread")]
async fn memory_beyond_the_limit_is_refused() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    assert_eq!(
        yard.answer("w", "grow 900; grow 200; grow 1; reply").await,
        "grown\nrefused\ngrown"
    );
    assert!(yard.status("w").unwrap().memory_bytes > 900 * 65_536);
}

/// Memories and tables that are each within the limit, and together are not.
const SUMS: [(&str, &str); 3] = [
    ("two memories", "(memory.grow 0 (i32.const 600)) (memory.grow $other (i32.const 600))"),
    (
        "memory and table",
        "(memory.grow 0 (i32.const 600)) (table.grow $table (ref.null func) (i32.const 4000000))",
    ),
    (
        "a table alone",
        "(memory.grow 0 (i32.const 1)) (table.grow $table (ref.null func) (i32.const 9000000))",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn memories_and_tables_count_together() {
    let yard = Yard::new().await;
    for (what, body) in SUMS {
        // The first growth is granted, the second refused; whoever then goes on
        // traps, and the reason is told.
        let body = format!(
            "{body} i32.const -1 i32.eq if unreachable end
             i32.const -1 i32.eq if i32.const 0 i32.const 1 i32.store8 end i32.const 0"
        );
        let component = handler("(memory $other 1) (table $table 1 funcref)", &body);
        yard.try_start("w", component, |_| {}).await.unwrap();
        let outcome = yard.ask("w", "x").await;
        let Err(RequestError::Failed(why)) = outcome else { panic!("{what}: {outcome:?}") };
        assert!(why.starts_with("it needed more memory than its 67108864 bytes"), "{what}: {why}");
        yard.node.stop_worker("w").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_begin_with_does_not_start() {
    let yard = Yard::new().await;
    let large = handler("(memory $other 1100)", "i32.const 0");
    let started = yard.try_start("w", large, |_| {}).await;
    let Err(StartError::Component(why)) = started else { panic!("{started:?}") };
    assert!(why.contains("bytes of memory to begin with"), "{why}");
    assert!(yard.workers().is_empty());
}

/// The workers of a node share its memory; what does not fit is refused, and what
/// runs goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_s_memory_is_bounded_too() {
    let yard = Yard::of(Node::builder().threads(2).memory(64 << 20)).await;
    for name in ["a", "b"] {
        yard.start(name, "puppet").await;
    }
    assert_eq!(yard.answer("a", "grow 700; reply").await, "grown");
    assert_eq!(yard.answer("b", "grow 700; reply").await, "refused");
    let outcome = yard.ask("b", "allocate 50000000").await;
    let Err(RequestError::Failed(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("the node's workers need more memory together"), "{why}");
    // What is given back is there for others.
    yard.node.stop_worker("a").await.unwrap();
    assert_eq!(yard.answer("b", "grow 700; reply").await, "grown");
}

/// A handler that leaves what is no result at all.
#[tokio::test(flavor = "multi_thread")]
async fn results_that_make_no_sense_are_traps() {
    let cases = [
        ("an unknown case", "i32.const 64 i32.const 7 i32.store8 i32.const 64"),
        ("a pointer to nowhere", "i32.const -4"),
        ("a misaligned pointer", "i32.const 65"),
        (
            "a text out of bounds",
            "(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 72) (i32.const -9))
             (i32.store (i32.const 76) (i32.const 99)) i32.const 64",
        ),
        (
            "a text of 3 GB",
            "(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 72) (i32.const 0))
             (i32.store (i32.const 76) (i32.const 3000000000)) i32.const 64",
        ),
        (
            "a text that is no UTF-8",
            "(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 72) (i32.const 128))
             (i32.store (i32.const 76) (i32.const 4)) (i32.store (i32.const 128) (i32.const -1))
             i32.const 64",
        ),
    ];
    let yard = Yard::new().await;
    for (what, body) in cases {
        yard.try_start("w", handler("", body), |_| {}).await.unwrap();
        let outcome = yard.ask("w", "x").await;
        assert!(matches!(outcome, Err(RequestError::Failed(_))), "{what}: {outcome:?}");
        yard.node.stop_worker("w").await.unwrap();
    }
    yard.try_start("w", handler("", "i32.const 0"), |_| {}).await.unwrap();
    assert!(matches!(yard.ask("w", "x").await, Err(RequestError::Dropped(_))));
}

/// Before any function is called: a module's own start function is bounded as well.
#[tokio::test(flavor = "multi_thread")]
async fn start_functions_are_bounded() {
    let cases = [
        ("(loop $on br $on)", "it used up its fuel"),
        ("unreachable", "it trapped: wasm trap: wasm `unreachable`"),
    ];
    let yard = Yard::new().await;
    for (body, reason) in cases {
        let component = handler(&format!("(func $first {body}) (start $first)"), "i32.const 0");
        let small = |options: &mut WorkerOptions| options.limits.fuel = 1_000_000;
        yard.try_start("w", component, small).await.unwrap();
        // Without `lifecycle` an instance comes with the first message.
        let outcome = yard.ask("w", "x").await;
        let Err(RequestError::Dropped(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains(reason), "{why}");
        yard.node.stop_worker("w").await.unwrap();
    }
}

/// One that asks for the whole of everything at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_floods_its_neighbour_is_refused() {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start_with("sink", "puppet", |options| options.limits.mailbox_messages = 100).await;
    yard.start("w", "puppet").await;
    let mut said = Vec::new();
    for _ in 0..50 {
        said.push(yard.answer("w", "repeat 60 {send sink {spin 100}}; reply").await);
        assert_eq!(yard.answer("bare", "hello").await, "hello");
    }
    yard.until_state("sink", skep::State::Idle).await;
    let sent = said.iter().map(|said| said.matches("ok").count() as u64).sum::<u64>();
    // Nothing that was accepted is lost.
    assert_eq!(yard.status("sink").unwrap().handled, sent);
}
