//! What guests log and print.

use std::time::{Duration, Instant};

use skep_tests::logs;
use skep_tests::trial::attack;
use skep_tests::wasi::with_wasi;

use super::{brief, ended};

/// What a second has room for, twice: a second may begin in the middle of it.
const MOST_LINES: usize = 2 * 100;
const MOST_BYTES: usize = 2 * 64 * 1_024;

/// No more was logged than has room in the time that it took.
fn within_its_rate() -> String {
    let lines = logs::of("w");
    let bytes = lines.iter().map(String::len).sum::<usize>();
    assert!(lines.len() <= MOST_LINES && bytes <= MOST_BYTES, "{} lines, {bytes}", lines.len());
    assert!(lines.iter().all(|line| line.len() <= 8_192));
    format!("{} lines of {bytes} bytes were logged", lines.len())
}

#[test]
pub(super) fn g3_3_log_flood() {
    attack(row!(g3_3_log_flood.script), async |trial| {
        trial.puppets(&[], |_| {}).await;
        let script = trial.row.script();
        // Not again: it is the rate that counts.
        let mut once = Some(());
        trial
            .beside(async |yard| match once.take() {
                Some(()) => assert_eq!(yard.answer("w", &script).await, "done"),
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            })
            .await;
        format!("{} of 3300", within_its_rate())
    });
}

#[test]
pub(super) fn g3_3_log_huge_line() {
    let row = row!(g3_3_log_huge_line.wat);
    ended(row, row.core(), &[("x", "it trapped")]);
}

/// One call that has the node do two million things.
#[test]
pub(super) fn g3_3_newlines() {
    attack(row!(g3_3_newlines.wat), async |trial| {
        trial.start(brief).await;
        let took = trial
            .beside(async |yard| {
                let began = Instant::now();
                // There is no answer.
                yard.failure("w", "once").await;
                began.elapsed()
            })
            .await;
        format!("{} in one call of {} ms", within_its_rate(), took.as_millis())
    });
}

/// The time in which a guest cannot be interrupted counts, too.
#[test]
fn a_deadline_counts_the_time_in_calls() {
    attack(row!(g3_3_newlines.wat).as_attack("g3_3_newlines_for_ever"), async |trial| {
        trial
            .start(|options| {
                brief(options);
                // What it hands over is not to be what ends it.
                options.limits.host_bytes = 1 << 40;
            })
            .await;
        let why = trial.beside(async |yard| yard.failure("w", "ever").await).await;
        assert!(why.starts_with("it ran longer than its deadline (100ms)"), "{why}");
        why
    });
}

/// A reason that a guest gives is shown in more places than its dead letter.
#[test]
fn a_reason_is_safe_wherever_it_is_kept() {
    attack(row!(g3_3_escapes.wat).as_attack("g3_3_escapes_in_status"), async |trial| {
        trial.start(|_| {}).await;
        trial.beside(async |yard| yard.failure("w", "x").await).await;
        let reason = trial.yard.status("w").unwrap().last_failure.unwrap();
        assert!(!reason.contains(char::is_control), "{reason:?}");
        reason
    });
}

#[test]
pub(super) fn g3_3_not_utf8() {
    let row = row!(g3_3_not_utf8.wat);
    ended(row, row.core(), &[("x", "it trapped: invalid utf-8")]);
}

#[test]
pub(super) fn g3_3_escapes() {
    attack(row!(g3_3_escapes.wat), async |trial| {
        trial.start(|_| {}).await;
        let why = trial.beside(async |yard| yard.failure("w", "x").await).await;
        let lines = logs::lines();
        assert!(lines.iter().any(|line| line.text.contains("\\u{1b}]0;owned\\u{7}")));
        // What looks like a line of the node's is one of the worker's.
        let forged = lines.iter().filter(|line| line.text.starts_with("ERROR skep::node"));
        assert!(forged.clone().count() > 0);
        assert!(forged.clone().all(|line| line.worker == "w" && line.target == "skep::worker"));
        let letters = trial.yard.node.dead_letters();
        let texts = lines.iter().map(|line| &line.text);
        for text in texts.chain(letters.iter().map(|letter| &letter.reason)) {
            let harmful = |c: char| c.is_control() || "\u{202e}\u{2028}\u{9b}".contains(c);
            assert!(!text.contains(harmful), "{text:?}");
        }
        why.escape_debug().to_string()
    });
}

#[test]
pub(super) fn g3_4_print_flood() {
    attack(row!(g3_4_print_flood.wat), async |trial| {
        trial.yard.try_start("w", with_wasi(trial.row.guest), brief).await.unwrap();
        let why = trial.beside(async |yard| yard.failure("w", "x").await).await;
        assert!(why.starts_with("it ran longer than its deadline (100ms)"), "{why}");
        format!("{why}; {}", within_its_rate())
    });
}
