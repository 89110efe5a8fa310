//! Control always gets through: whatever other clients of the socket and the workers do.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;

use crate::hive::{Hive, failed, output, read, until};

/// As many clients may wait for answers at a time.
const WAITING: usize = 64;
/// More than there may be in all.
const MANY: usize = 600;

/// A puppet keeps this in mind, and never answers it.
const KEPT: &str = r#"{"route":"puppet","payload":"keep","timeout_ms":72000000}"#;

/// What a person asks for, and gets.
#[track_caller]
fn gets_through(hive: &Hive) {
    assert!(hive.done(&["ps"]).contains("puppet"));
    assert!(hive.done(&["ps", "puppet"]).contains("puppet"));
    assert_eq!(hive.done(&["dead-letters"]), "no dead letters\n");
    hive.done(&["send", "bare", "x", "--no-reply"]);
}

fn keep(hive: &Hive, count: usize) -> Vec<UnixStream> {
    let kept = (0..count).map(|_| hive.ask("POST", "/send", KEPT)).collect();
    until("the puppet has them all", || handled(hive, "puppet") == count as u64);
    kept
}

fn handled(hive: &Hive, worker: &str) -> u64 {
    let shown = hive.done(&["ps", worker]);
    let line = shown.lines().find_map(|line| line.strip_prefix("handled "));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn those_who_wait_shut_nobody_out() {
    let mut hive = Hive::start();
    let mut kept = keep(&hive, WAITING);
    gets_through(&hive);
    hive.fails(&["send", "bare", "x"], 1, &["64 clients wait for answers", "--no-reply"]);
    // Who hangs up waits no more.
    kept.pop();
    until("a place is free", || hive.run(&["send", "bare", "x"]).status.success());
    hive.done(&["stop", "bare"]);
    hive.done(&["stop"]);
    assert_eq!(hive.ended(), Some(0));
    for waiting in kept {
        let answer = read(waiting);
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("has stopped"), "{answer}");
    }
}

/// G8.16: control is a socket of this user's alone, and what stands in a path there is a
/// worker's name and never a file's.
#[test]
fn control_is_for_this_user_and_reads_no_files() {
    let hive = Hive::start();
    let run = hive.path().join("run");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&run), mode(&run.join("control.sock"))), (0o700, 0o600));
    for path in ["/../node.toml", "/workers/../node.toml", "/workers/..%2Fnode.toml"] {
        let answer = hive.get("GET", path, "");
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(!answer.contains("drain"), "{path}: {answer}");
    }
    let forged = r#"{"route":"no\u001b[31mbody","payload":""}"#;
    let answer = hive.get("POST", "/send", forged);
    assert!(answer.starts_with("HTTP/1.1 400") && !answer.contains('\u{1b}'), "{answer}");
}

/// A script may send more at once than there are places: they are soon free again.
#[test]
fn a_burst_is_served() {
    let hive = Hive::start();
    let order = r#"{"route":"bare","payload":"hello"}"#;
    let burst: Vec<_> = (0..2 * WAITING).map(|_| hive.ask("POST", "/send", order)).collect();
    for waiting in burst {
        let answer = read(waiting);
        assert!(answer.ends_with(r#"{"payload":"hello"}"#), "{answer}");
    }
}

#[test]
fn the_silent_and_the_slow_shut_nobody_out() {
    let mut hive = Hive::start();
    let silent: Vec<_> = (0..MANY).map(|_| hive.connect()).collect();
    gets_through(&hive);
    let mut slow: Vec<_> = (0..MANY).map(|_| hive.connect()).collect();
    for client in &mut slow {
        // Whoever had to go already cannot be written to.
        let _ = client.write_all(b"GET");
    }
    gets_through(&hive);
    drop((silent, slow));
    // Answers that nobody reads to the end: more than the system takes off the node's hands.
    let large = format!(r#"{{"route":"bare","payload":"{}"}}"#, "x".repeat(1_000_000));
    let deaf: Vec<_> = (0..2 * WAITING)
        .map(|_| {
            let mut client = hive.ask("POST", "/send", &large);
            let mut begin = [0; 12];
            client.read_exact(&mut begin).unwrap();
            assert_eq!(&begin, b"HTTP/1.1 200");
            client
        })
        .collect();
    gets_through(&hive);
    assert_eq!(hive.done(&["send", "bare", "x"]), "x\n");
    drop(deaf);
    hive.done(&["stop"]);
    assert_eq!(hive.ended(), Some(0));
}

/// Loops on every core and beyond, and floods from inside the node.
#[test]
fn a_loaded_node_answers() {
    let loops: Vec<_> = (1..=4).map(|number| format!("loop{number}")).collect();
    let limits = "limits = { fuel = 1000000000000, deadline = \"60s\" }";
    let settings = |name: &String| format!("[workers.{name}]\ncomponent = \"puppet\"\n{limits}\n");
    let settings: Vec<_> = loops.iter().map(settings).collect();
    let mut hive = Hive::with(&format!("{}\n[node]\ndrain = \"100ms\"", settings.concat()));
    for name in &loops {
        hive.done(&["send", name, "loop", "--no-reply"]);
    }
    let flood = |to, what| {
        let count = ["send", to, what, "--count", "1000000000", "--outstanding", "64"];
        hive.spawn(&count)
    };
    let mut floods: Vec<Child> = vec![
        flood("bare", "x"),
        flood("h1,h2,h3,bare", "x"),
        flood("puppet", "repeat 100 {spin 1000}; reply"),
    ];
    until("they flow", || handled(&hive, "bare") > 1_000);
    let list = hive.done(&["ps"]);
    assert!(list.lines().filter(|line| line.contains("running")).count() >= 4, "{list}");
    assert_eq!(hive.done(&["send", "bare", "hello"]), "hello\n");
    hive.done(&["stop", "h2"]);
    assert!(hive.done(&["ps", "h2"]).contains("stopped"));
    hive.done(&["stop", "loop1"]);
    assert!(floods.iter_mut().all(|flood| flood.try_wait().unwrap().is_none()), "they flow still");
    hive.fails(&["stop"], 1, &["not handled"]);
    assert_eq!(hive.ended(), Some(1));
    for flood in floods {
        assert!(output(flood).status.code().is_some());
    }
}

/// Its handler waits, and its mailbox is full: to stop it needs no place there.
#[test]
fn a_full_worker_is_shown_and_stopped() {
    let hive = Hive::with("[node]\ndrain = \"100ms\"");
    hive.done(&["send", "tireless", "request puppet 60000 {keep}", "--no-reply"]);
    until("it waits", || handled(&hive, "puppet") == 1);
    let many = ["send", "tireless", "x", "--no-reply", "--count", "2000"];
    hive.fails(&many, 1, &["of 2000 messages were not sent"]);
    hive.fails(&["send", "tireless", "x"], 1, &["mailbox of `tireless` is full"]);
    let shown = hive.done(&["ps", "tireless"]);
    assert!(shown.contains("running") && shown.contains("1024 messages"), "{shown}");
    let stopped = hive.done(&["stop", "tireless"]);
    assert_eq!(stopped, "tireless has stopped; 1024 messages became dead letters\n");
    let logged = "tireless: 1024 messages became dead letters while it stopped";
    until("it is logged", || hive.done(&["logs", "tireless"]).contains(logged));
    assert!(hive.done(&["ps", "tireless"]).contains("stopped"));
}

/// What it had is counted, and is where that is said.
#[test]
fn what_a_stopped_worker_had_is_told() {
    let hive = Hive::with("[node]\ndrain = \"100ms\"");
    hive.done(&["send", "tireless", "request puppet 60000 {keep}", "--no-reply"]);
    until("it waits", || handled(&hive, "puppet") == 1);
    hive.done(&["send", "tireless", "x", "--no-reply", "--count", "2"]);
    let stopped = hive.done(&["stop", "tireless"]);
    assert_eq!(stopped, "tireless has stopped; 3 messages became dead letters\n");
    assert_eq!(hive.done(&["dead-letters", "--json"]).matches("\"to\": \"tireless\"").count(), 3);
    hive.done(&["send", "puppet", "reply"]);
    assert_eq!(hive.done(&["stop", "puppet"]), "puppet has stopped\n");
}

/// The system takes connections for a process that does nothing.
#[test]
fn a_suspended_node_is_not_waited_for() {
    let mut hive = Hive::start();
    hive.signal("STOP");
    let asked = [
        hive.spawn(&["ps"]),
        hive.spawn(&["dead-letters", "--json"]),
        hive.spawn(&["send", "bare", "x", "--timeout", "100ms"]),
        hive.spawn(&["stop"]),
    ];
    let go_on = format!("kill -CONT {}", hive.node.id());
    for command in asked {
        failed(&output(command), 1, &["has not answered within 10 s", &go_on]);
    }
    // It was told to stop all the same.
    hive.signal("CONT");
    assert_eq!(hive.ended(), Some(0));
}
