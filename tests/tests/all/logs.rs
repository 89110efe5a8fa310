//! What workers log: at most so much, and nothing that hurts a terminal.

use skep::Node;
use skep_tests::guests::module;
use skep_tests::wait::soon;
use skep_tests::wait::until;
use skep_tests::wasi::with_wasi;
use skep_tests::{Yard, logs};
use tracing::Level;

async fn yard() -> Yard {
    let yard = Yard::alone(Node::builder().threads(2)).await;
    yard.start("w", "puppet").await;
    yard
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_dropped_and_counted() {
    let yard = yard().await;
    yard.answer("w", "repeat 500 {log flood}; reply").await;
    let flood = || logs::of("w").iter().filter(|line| *line == "flood").count();
    assert!((100..500).contains(&flood()), "{}", flood());
    // Once the second is over, the next line tells of those that were dropped.
    let mut again = 0;
    soon("a count of what was dropped", async {
        while dropped().is_empty() {
            yard.answer("w", "log again; reply").await;
            again += 1;
        }
    })
    .await;
    let written = flood() + logs::of("w").iter().filter(|line| *line == "again").count();
    assert_eq!(written + dropped().iter().sum::<usize>(), 500 + again);
}

/// The numbers of lines that were said to be dropped.
fn dropped() -> Vec<usize> {
    let words = " log lines dropped: too many in a second";
    logs::of("w").iter().filter_map(|line| line.strip_suffix(words)?.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_counted_as_lines_are() {
    let yard = yard().await;
    yard.answer("w", "repeat 60 {log-large 20000}; reply").await;
    let lines = logs::of("w");
    // A line is cut at 8 KiB, and 8 of those are what a second has room for.
    assert!(lines.iter().all(|line| line.len() == 8_192));
    assert!((8..60).contains(&lines.len()), "{}", lines.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn escapes_are_shown_and_not_done() {
    let cases = [
        ("\x1b[31mred", vec!["\\u{1b}[31mred"]),
        ("one\ntwo\r\nthree", vec!["one", "two", "three"]),
        ("bell\x07 and back\x08", vec!["bell\\u{7} and back\\u{8}"]),
        ("over\rwritten", vec!["over\\u{d}written"]),
        ("right\u{202e}left", vec!["right\\u{202e}left"]),
    ];
    let yard = yard().await;
    for (text, lines) in cases {
        let before = logs::of("w").len();
        yard.answer("w", &format!("log {text}; reply")).await;
        assert_eq!(logs::of("w")[before..], lines, "{text:?}");
    }
    // Reasons are the guests' texts, too.
    let refused = yard.ask("w", "reject \x1b[2Jgone").await;
    assert!(refused.is_err());
    let letter = yard.letters(1).await.remove(0);
    assert!(!letter.reason.contains('\x1b'), "{:?}", letter.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_s_text_is_logged() {
    let yard = yard().await;
    yard.start("panicker", "panicker").await;
    assert!(yard.ask("panicker", "out of honey").await.is_err());
    let said = logs::lines().into_iter().find(|line| line.text.contains("out of honey"));
    let line = said.expect("the panic's text");
    assert_eq!((line.level, line.worker.as_str()), (Level::ERROR, "panicker"));
}

const IMPORTS: &str = r#"
    (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
    (import "wasi:cli/stderr@0.2.6" "get-stderr" (func $stderr (result i32)))
    (import "wasi:io/streams@0.2.6" "[method]output-stream.blocking-write-and-flush"
        (func $write (param i32 i32 i32 i32)))
    (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration"
        (func $timer (param i64) (result i32)))
    (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))"#;

/// Prints its payload on both streams; an empty one makes it sleep for an hour.
fn printer() -> Vec<u8> {
    let body = "local.get $length i32.eqz if
            i64.const 3600000000000 call $timer call $block
        end
        call $stdout local.get $at local.get $length i32.const 64 call $write
        call $stderr local.get $at local.get $length i32.const 64 call $write
        i32.const 0";
    with_wasi(&module(IMPORTS, "", body))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_prints_is_logged_line_by_line() {
    let yard = yard().await;
    yard.try_start("printer", printer(), |_| {}).await.unwrap();
    for piece in ["one\ntw", "o\n\x1b[31mred\n", "rest"] {
        assert!(yard.ask("printer", piece).await.is_err(), "it answers nothing");
    }
    let printed = |level| -> Vec<_> {
        let lines = logs::lines().into_iter();
        lines
            .filter(|line| {
                line.worker == "printer" && line.level == level && line.target == "skep::worker"
            })
            .collect()
    };
    for level in [Level::INFO, Level::WARN] {
        let texts: Vec<_> = printed(level).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["one", "two", "\\u{1b}[31mred"]);
    }
    // What has no end of line is not lost when the instance goes.
    yard.node.stop_worker("printer").await.unwrap();
    for level in [Level::INFO, Level::WARN] {
        until("the last line", || (printed(level).len() == 4).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_prints_is_bounded_as_its_log_is() {
    let yard = yard().await;
    yard.try_start("printer", printer(), |_| {}).await.unwrap();
    assert!(yard.ask("printer", &"line\n".repeat(700)).await.is_err());
    let printed = logs::of("printer").len();
    assert!((100..700).contains(&printed), "{printed}");
}

/// Where neither fuel nor epochs reach: a guest that sleeps in a call to the host.
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_sleeps_in_the_host_meets_its_deadline() {
    let yard = yard().await;
    yard.try_start("printer", printer(), |options| {
        options.limits.deadline = std::time::Duration::from_millis(100);
    })
    .await
    .unwrap();
    let outcome = yard.ask("printer", "").await;
    let Err(skep::error::RequestError::Failed(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("it ran longer than its deadline (100ms)"), "{why}");
    assert!(yard.ask("printer", "alive\n").await.is_err());
    assert!(logs::of("printer").contains(&"alive".to_owned()));
}
