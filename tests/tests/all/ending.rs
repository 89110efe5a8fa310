//! How a node comes to its end, and what those are told who wait for it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use skep_tests::guests::{ROOT, guest};

use crate::hive::{Hive, failed, furnish, output, until};

/// Longer than the time in which two signals are the same one.
const APART: Duration = Duration::from_millis(400);

fn is_running(hive: &Hive, worker: &str) -> bool {
    hive.done(&["ps", worker]).contains("running")
}

/// A node with a worker that does not come to its mail: one message in hand, two queued.
fn busy(drain: &str) -> Hive {
    let hive = Hive::with(&format!("[node]\ndrain = \"{drain}\""));
    hive.done(&["send", "tireless", "loop", "--no-reply"]);
    until("it runs", || is_running(&hive, "tireless"));
    for _ in 0..2 {
        hive.done(&["send", "tireless", "x", "--no-reply"]);
    }
    hive
}

#[test]
fn signals_end_it() {
    for name in ["INT", "TERM"] {
        let mut hive = Hive::start();
        hive.signal(name);
        assert_eq!(hive.ended(), Some(0));
        hive.wait_for("stopped: ");
    }
    let mut hive = busy("60s");
    hive.signal("INT");
    hive.wait_for("stopping: ");
    assert!(is_running(&hive, "tireless"));
    std::thread::sleep(APART);
    hive.signal("INT");
    assert_eq!(hive.ended(), Some(1));
    assert!(hive.errors().contains("3 messages were not handled"));
}

/// What waits to be delivered again, and what waits behind it, is lost with the node as well.
#[test]
fn what_was_set_aside_is_counted() {
    let mut hive = Hive::with("[node]\ndrain = \"100ms\"");
    for script in ["retry", "reply"] {
        hive.done(&["send", "puppet", script, "--no-reply"]);
    }
    hive.signal("TERM");
    assert_eq!(hive.ended(), Some(1));
    let said = hive.errors();
    assert!(said.contains("2 messages were not handled"), "{said}");
}

/// A shell and a `make` may both pass one Ctrl-C on.
#[test]
fn one_signal_that_comes_twice_is_one() {
    let mut hive = busy("60s");
    let node = hive.node.id();
    let twice = format!("kill -INT {node}; kill -TERM {node}; kill -INT {node}");
    assert!(Command::new("sh").args(["-c", &twice]).status().unwrap().success());
    hive.wait_for("stopping: ");
    std::thread::sleep(APART);
    assert!(is_running(&hive, "tireless"));
    hive.signal("TERM");
    assert_eq!(hive.ended(), Some(1));
}

/// Who sends the first signal may not know that the node stops already.
#[test]
fn the_first_signal_after_a_stop_is_no_second_one() {
    let mut hive = busy("60s");
    let stop = hive.spawn(&["stop"]);
    hive.wait_for("stopping: `skep stop`");
    hive.signal("INT");
    hive.wait_for("stopping: SIGINT, a second one");
    std::thread::sleep(APART);
    assert!(is_running(&hive, "tireless"));
    hive.signal("INT");
    assert_eq!(hive.ended(), Some(1));
    failed(&output(stop), 1, &["3 messages were not handled"]);
}

#[test]
fn what_was_not_handled_in_time_is_told() {
    let mut hive = busy("100ms");
    hive.fails(&["stop"], 1, &["has stopped", "3 messages were not handled", "drain"]);
    assert_eq!(hive.ended(), Some(1));
    assert!(hive.errors().contains("3 messages were not handled"));
}

/// Timers and monitors hold places in mailboxes; they are no messages that are lost.
#[test]
fn what_was_only_planned_is_not_lost() {
    let mut hive = Hive::start();
    hive.done(&["send", "puppet", "after 3600000 puppet x; monitor bare gone", "--no-reply"]);
    until("it has handled it", || hive.done(&["ps", "puppet"]).contains("2 messages"));
    hive.done(&["stop"]);
    assert_eq!(hive.ended(), Some(0));
}

#[test]
fn a_stop_says_what_it_waits_for() {
    let mut hive = busy("60s");
    let mut stop = hive.spawn(&["stop"]);
    let mut said = String::new();
    BufReader::new(stop.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("waiting for tireless (running, 3 messages)"), "{said}");
    assert!(said.contains("skep stop --now"), "{said}");
    // A worker's stop waits, too, and the node's end is its own.
    let worker = hive.spawn(&["stop", "tireless"]);
    hive.fails(&["stop", "--now"], 1, &["3 messages were not handled"]);
    assert_eq!(hive.ended(), Some(1));
    assert_eq!(stop.wait().unwrap().code(), Some(1));
    assert!(output(worker).status.code().is_some());
}

#[test]
fn a_node_that_is_killed_answers_nobody() {
    let mut hive = busy("60s");
    let stop = hive.spawn(&["stop"]);
    hive.wait_for("stopping: `skep stop`");
    hive.signal("KILL");
    failed(&output(stop), 1, &["ended before it had answered"]);
    hive.ended();
}

/// Ctrl-C in a terminal goes to all that runs there; the node has the last word.
#[test]
fn the_script_of_make_run_ends_with_its_node() {
    for (work, code) in [("reply", 0), ("loop", 1)] {
        let home = tempfile::tempdir().unwrap();
        furnish(home.path(), "[node]\ndrain = \"100ms\"");
        fs::write(home.path().join("workers/echoer.wasm"), guest("echoer")).unwrap();
        let mut script = Command::new(Path::new(ROOT).join("example-workers/run.sh"));
        script.arg(home.path()).env_remove("ONCE").env_remove("SKEP_DIR").process_group(0);
        let mut hive = Hive::by_script(home, script);
        hive.wait_for("The node goes on");
        hive.done(&["send", "tireless", work, "--no-reply"]);
        until("it has come to it", || is_running(&hive, "tireless") == (code == 1));
        let group = format!("-{}", hive.node.id());
        let mut kill = Command::new("kill");
        assert!(kill.args(["-INT", "--", &group]).status().unwrap().success());
        hive.wait_for("stopping: SIGINT");
        hive.wait_for("stopped: ");
        assert_eq!(hive.ended(), Some(code));
        assert!(!hive.path().join("run/control.sock").exists());
    }
}
