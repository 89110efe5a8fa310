//! A folder that is only told of, with a clock that is moved by hand.

mod bench;
mod model;

use std::sync::Arc;
use std::time::Duration;

use bench::{Bench, Disk};

use super::*;

const QUIET: u64 = 100;
const PATIENCE: u64 = 3_000;
const ABSENCE: u64 = 500;

#[test]
fn a_file_counts_once_it_rests() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    assert!(bench.pass(QUIET - 10).is_empty());
    bench.write("a.wasm", "two");
    assert!(bench.pass(QUIET - 10).is_empty());
    assert_eq!(bench.pass(20), ["+ a two"]);
    assert!(bench.pass(10_000).is_empty());
}

#[test]
fn many_writes_are_one_change() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "zero");
    bench.pass(200);
    for number in 0..100 {
        bench.write("a.wasm", &number.to_string());
        assert!(bench.pass(10).is_empty());
    }
    assert_eq!(bench.pass(1_000), ["~ a 99"]);
    assert_eq!(bench.reads, 1);
}

#[test]
fn what_is_incomplete_is_waited_for_and_then_told_once() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "half<");
    assert!(bench.pass(PATIENCE - 20).is_empty());
    bench.write("a.wasm", "more<");
    assert!(bench.pass(PATIENCE - 20).is_empty());
    assert_eq!(bench.pass(40), ["+ a more<"]);
    assert!(bench.pass(60_000).is_empty());
    // Then it goes on after all.
    bench.write("a.wasm", "whole");
    assert_eq!(bench.pass(QUIET + 10), ["~ a whole"]);
    // An empty manifest may be one that is just written.
    bench.write("a.toml", "");
    assert!(bench.pass(PATIENCE - 20).is_empty());
    assert_eq!(bench.pass(40), ["~ a whole"]);
}

#[test]
fn what_lay_there_for_long_counts_at_once() {
    let mut bench = Bench::new("");
    bench.disk.old("a.wasm", "cut short<");
    assert_eq!(bench.pass(10), ["+ a cut short<"]);
}

#[test]
fn the_bytes_decide_and_never_the_time() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    assert_eq!(bench.pass(200), ["+ a one"]);
    for second in [0, -5, i64::MAX] {
        bench.disk.touch("a.wasm", second);
        assert!(bench.pass(10_000).is_empty(), "{second}");
    }
    // Another file of the same size and time, and then the same file with other bytes, just
    // after it was read: such a change does not show.
    bench.write("a.wasm", "two");
    assert_eq!(bench.pass(200), ["~ a two"]);
    bench.disk.overwrite_unseen("a.wasm", "six");
    assert!(bench.pass(1_500).is_empty());
    assert_eq!(bench.pass(600), ["~ a six"]);
}

#[test]
fn what_changes_and_changes_back_is_no_change() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    bench.pass(200);
    bench.write("a.wasm", "two");
    bench.pass(50);
    bench.write("a.wasm", "one");
    assert!(bench.pass(5_000).is_empty());
}

#[test]
fn one_that_is_taken_out_may_come_again() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    bench.pass(200);
    bench.disk.remove("a.wasm");
    assert!(bench.pass(ABSENCE - 20).is_empty());
    bench.write("a.wasm", "one");
    assert!(bench.pass(1_000).is_empty());
    bench.disk.remove("a.wasm");
    assert_eq!(bench.pass(ABSENCE + 20), ["- a"]);
    bench.write("a.wasm", "one");
    assert_eq!(bench.pass(200), ["+ a one"]);
}

#[test]
fn component_and_manifest_change_as_a_pair() {
    let mut bench = Bench::new("");
    bench.write("a.toml", "args = \"1\"");
    bench.write("a.wasm", "one<");
    assert!(bench.pass(1_000).is_empty());
    bench.write("a.wasm", "one");
    assert_eq!(bench.pass(200), ["+ a one 1"]);
    // Each of them changes while the other has not come to rest.
    bench.write("a.wasm", "two<");
    bench.pass(80);
    bench.write("a.toml", "args = \"2\"");
    assert!(bench.pass(1_000).is_empty());
    bench.write("a.wasm", "two");
    assert_eq!(bench.pass(200), ["~ a two 2"]);
    // The old pair stays while one of them is away.
    bench.disk.remove("a.toml");
    bench.write("a.wasm", "three");
    assert!(bench.pass(ABSENCE - 20).is_empty());
    bench.write("a.toml", "args = \"3\"");
    assert_eq!(bench.pass(200), ["~ a three 3"]);
    bench.disk.remove("a.toml");
    assert_eq!(bench.pass(ABSENCE + 20), ["~ a three"]);
}

#[test]
fn a_component_changes_all_that_name_it() {
    let mut bench = Bench::new("[workers.third]\ncomponent = \"hop\"\nargs = \"x\"");
    bench.write("hop.wasm", "one");
    bench.write("second.toml", "component = \"hop\"");
    bench.write("other.wasm", "one");
    let all = ["+ hop one", "+ other one", "+ second one", "+ third one x"];
    assert_eq!(bench.pass(200), all);
    bench.write("hop.wasm", "two");
    assert_eq!(bench.pass(200), ["~ hop two", "~ second two", "~ third two x"]);
    // Whoever takes it out wants them gone; what is left is said.
    bench.disk.remove("hop.wasm");
    let gone = bench.pass(ABSENCE + 20);
    assert_eq!(gone[..3], ["- hop", "- second", "- third"]);
    assert!(gone[3].starts_with("+ second ! second.toml: there is no component"), "{gone:?}");
    assert!(gone[4].starts_with("+ third ! node.toml [workers.third]: there is no"), "{gone:?}");
    assert_eq!(gone.len(), 5);
    bench.write("hop.wasm", "two");
    assert_eq!(bench.pass(200), ["+ hop two", "~ second two", "~ third two x"]);
}

/// A name with a mistake in it takes nothing away.
#[test]
fn a_component_that_was_never_there_is_a_mistake() {
    let mut bench = Bench::new("");
    bench.write("hop.wasm", "one");
    bench.write("a.toml", "component = \"hop\"");
    assert_eq!(bench.pass(200), ["+ a one", "+ hop one"]);
    bench.write("a.toml", "component = \"hpo\"");
    let told = bench.pass(60_000);
    assert!(told.len() == 1 && told[0].starts_with("~ a ! a.toml: there is no comp"), "{told:?}");
    bench.write("a.toml", "component = \"hop\"");
    assert_eq!(bench.pass(200), ["~ a one"]);
}

#[test]
fn what_is_wrong_is_told_once() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    bench.pass(200);
    bench.write("a.toml", "argz = 1");
    let told = bench.pass(60_000);
    assert!(told.len() == 1 && told[0].contains("did you mean `args`?"), "{told:?}");
    bench.write("a.toml", "grants = [\"stop-node\"]");
    let told = bench.pass(60_000);
    assert!(told.len() == 1 && told[0].contains("[ceiling]"), "{told:?}");
    bench.write("B.wasm", "one");
    let told = bench.pass(60_000);
    assert!(told.len() == 1 && told[0].starts_with("+ B ! "), "{told:?}");
    bench.disk.remove("B.wasm");
    assert_eq!(bench.pass(100), ["- B"]);
    bench.disk.special("a.wasm");
    let told = bench.pass(60_000);
    assert!(told.len() == 1 && told[0].contains("is not a regular file"), "{told:?}");
    bench.disk.remove("a.toml");
    bench.disk.remove("a.wasm");
    bench.write("a.wasm", "one");
    assert_eq!(bench.pass(1_000), ["~ a one"]);
}

#[test]
fn what_cannot_be_read_is_tried_again_ever_more_rarely() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    bench.pass(200);
    bench.disk.break_reads(true);
    bench.write("a.wasm", "two");
    let told = bench.pass(60_000);
    assert!(told.len() == 1 && told[0].starts_with("~ a ! ") && told[0].contains("os error 5"));
    let reads = bench.reads;
    assert!((8..=12).contains(&reads), "{reads} tries in a minute");
    bench.disk.break_reads(false);
    assert_eq!(bench.pass(31_000), ["~ a two"]);
}

#[test]
fn a_folder_that_comes_again_is_given_time_to_be_filled() {
    let mut bench = Bench::new("");
    bench.write("a.wasm", "one");
    bench.write("b.wasm", "one");
    bench.pass(200);
    bench.disk = Disk::default();
    bench.move_folder();
    assert!(bench.pass(9_000).is_empty());
    bench.write("a.wasm", "one");
    assert_eq!(bench.pass(2_000), ["- b"]);
}

#[test]
fn one_change_of_a_worker_at_a_time() {
    let mut bench = Bench::new("");
    bench.answers = false;
    bench.write("a.wasm", "one");
    bench.write("b.wasm", "one");
    assert_eq!(bench.pass(200), ["+ a one", "+ b one"]);
    bench.write("a.wasm", "two");
    assert!(bench.pass(1_000).is_empty());
    bench.write("a.wasm", "three");
    assert!(bench.pass(1_000).is_empty());
    bench.answer("a", true);
    assert_eq!(bench.pass(10), ["~ a three"]);
    // It is told again, with more and more time between, until its files change.
    bench.answer("a", false);
    assert!(bench.pass(240).is_empty());
    assert_eq!(bench.pass(20), ["~ a three"]);
    bench.answer("a", false);
    assert!(bench.pass(480).is_empty());
    assert_eq!(bench.pass(30), ["~ a three"]);
    bench.answer("a", false);
    bench.write("a.wasm", "four");
    assert_eq!(bench.pass(120), ["~ a four"]);
    bench.answer("a", true);
    assert!(bench.pass(60_000).is_empty());
    // And when somebody asks for it.
    bench.ask(Some("a"));
    bench.ask(Some("nobody"));
    assert_eq!(bench.pass(10), ["~ a four"]);
    bench.answer("a", true);
    assert!(bench.pass(60_000).is_empty());
    bench.ask(None);
    assert_eq!(bench.pass(10), ["~ a four"], "b is still being dealt with");
    bench.answer("b", true);
    assert_eq!(bench.pass(10), ["~ b one"]);
}

#[test]
fn only_so_many_are_dealt_with_at_a_time() {
    let mut bench = Bench::new("");
    bench.answers = false;
    for number in 0..100 {
        bench.write(&format!("w{number:03}.wasm"), "one");
    }
    assert_eq!(bench.pass(1_000).len(), 64);
    bench.answer("w000", true);
    assert_eq!(bench.pass(10), ["+ w064 one"]);
}

/// Where the system tells nothing, the folder is looked through again and again.
#[tokio::test]
async fn without_events_it_polls() {
    let home = tempfile::TempDir::new().expect("a folder");
    let deaf = |_: &Pinned, _: Arc<Bell>| Err("no watches are left".to_owned());
    let mut watcher =
        Watcher::start_with(home.path(), NodeConfig::default(), deaf).expect("a watcher");
    let mut news = async || {
        let next = tokio::time::timeout(Duration::from_secs(20), watcher.next()).await;
        next.expect("in time").expect("news")
    };
    let News::Warning(words) = news().await else { panic!("a warning first") };
    assert!(words.contains("no watches are left") && words.contains("every 500ms"), "{words}");
    assert!(matches!(news().await, News::Found(0)));
    assert!(matches!(news().await, News::CaughtUp));
    std::fs::write(home.path().join("a.wasm"), "text").expect("written");
    let News::Change(change) = news().await else { panic!("a change") };
    let Change { worker, what: What::Added(Ok(wanted)), .. } = *change else { panic!("a worker") };
    assert_eq!((worker.as_str(), wanted.read().expect("bytes")), ("a", b"text".to_vec()));
}
