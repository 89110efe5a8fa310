//! The command: a node as a process, and what others tell it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::hive::{Hive, failed, read, skep};

#[test]
fn messages_go_along_routes() {
    let hive = Hive::start();
    for route in ["bare", "h1,bare", "h1,h2,h3,bare"] {
        assert_eq!(hive.done(&["send", route, "Hello Skep!"]), "Hello Skep!\n");
    }
    assert_eq!(hive.done(&["send", "bare", "00fF", "--hex"]), "00ff\n");
    assert_eq!(hive.done(&["send", "bare", "[1, null]", "--msgpack"]), "[\n  1,\n  null\n]\n");
    assert_eq!(hive.done(&["send", "bare", "a\x1b[1m\nb"]), "a\\u{1b}[1m\nb\n");
    assert_eq!(hive.done(&["send", "bare", "a\x1b", "--raw"]), "a\x1b");
    assert_eq!(hive.done(&["send", "bare", "x", "--json"]), "{\n  \"payload\": \"x\"\n}\n");
    assert_eq!(hive.done(&["send", "bare", "x", "--no-reply"]), "");
    let measured =
        hive.done(&["send", "bare", "x", "--count", "100", "--outstanding", "8", "--json"]);
    assert!(measured.contains("\"received\": 100") && measured.contains("p99_us"), "{measured}");
}

#[test]
fn mistakes_are_explained() {
    let hive = Hive::start();
    hive.fails(&["send", "baer", "x"], 1, &["`baer`", "did you mean `bare`?"]);
    // The hop tries again and again; the hint is there all the same.
    let late = ["send", "h1,baer", "x", "--timeout", "50ms"];
    hive.fails(&late, 1, &["h1,baer", "did you mean `bare`?"]);
    hive.fails(&["send", &["a"; 17].join(","), "x"], 2, &["at most 16 stops", "has 17"]);
    hive.fails(&["send", "", "x"], 2, &["at least one stop"]);
    hive.fails(&["send", "bare", "0", "--hex"], 2, &["pairs"]);
    hive.fails(&["send", "bare", "{", "--msgpack"], 2, &["not JSON"]);
    hive.fails(&["send", "puppet", "reject no thanks"], 1, &["no thanks", "dead-letters"]);
    hive.fails(&["send", "tireless", "loop", "--timeout", "50ms"], 1, &["`tireless`", "--timeout"]);
    let many = ["send", "tireless", "x", "--no-reply", "--count", "1100"];
    hive.fails(&many, 1, &["of 1100 messages were not sent", "mailbox of `tireless` is full"]);
    hive.fails(&["send", "tireless", "x"], 1, &["mailbox of `tireless` is full"]);
    hive.fails(&["ps", "baer"], 1, &["did you mean `bare`?"]);
    hive.fails(&["stop", "nobody"], 1, &["`nobody`"]);
    hive.done(&["stop", "h3"]);
    hive.fails(&["send", "h3", "x"], 1, &["`h3` does not run: it was told to stop"]);
    hive.fails(&["stop", "h3"], 1, &["`h3` does not run"]);
    hive.fails(&["dead-letters", "show", "99"], 1, &["no dead letter 99"]);
    hive.fails(&["run", "--log", "skep=loud"], 2, &["skep=loud"]);
    let large = hive.path().join("large");
    fs::write(&large, vec![b'x'; (1 << 20) + 1]).unwrap();
    let mut send = skep();
    send.arg("--dir").arg(hive.path()).args(["send", "bare", "-"]);
    send.stdin(fs::File::open(large).unwrap());
    failed(&send.output().unwrap(), 1, &["1048576 bytes"]);
}

#[test]
fn one_directory_one_node() {
    let mut hive = Hive::start();
    let path: PathBuf = hive.path().into();
    hive.fails(&["run"], 1, &["already running", &hive.node.id().to_string()]);
    // Nobody is left to remove the socket; the lock says who runs.
    hive.signal("KILL");
    hive.ended();
    assert!(path.join("run/control.sock").exists());
    hive.fails(&["ps"], 1, &["no node is running", path.to_str().unwrap(), "skep run"]);
    let home = std::mem::replace(&mut hive.home, tempfile::tempdir().unwrap());
    let mut second = Hive::on(home);
    assert_eq!(second.done(&["send", "bare", "again"]), "again\n");
    assert!(second.done(&["stop"]).contains("has stopped"));
    assert_eq!(second.ended(), Some(0));
    assert!(!path.join("run/control.sock").exists());
}

/// The keys that the README promises, each of its kind.
#[test]
fn workers_are_listed_in_a_stable_shape() {
    let home = tempfile::tempdir().unwrap();
    crate::hive::furnish(home.path(), "");
    fs::write(home.path().join("workers/absent.toml"), "component = \"nothing\"").unwrap();
    let hive = Hive::on(home);
    hive.done(&["send", "bare", "x"]);
    let all: Vec<Value> = serde_json::from_str(&hive.done(&["ps", "--json"])).unwrap();
    assert_eq!(all.len(), 8);
    for worker in all {
        for text in ["address", "component", "state"] {
            assert!(worker[text].is_string(), "{text} in {worker}");
        }
        for number in ["generation", "handled", "failed", "restarts", "fuel", "memory_bytes"] {
            assert!(worker[number].is_u64(), "{number} in {worker}");
        }
        let mailbox = &worker["mailbox"];
        assert!(mailbox["messages"].is_u64() && mailbox["bytes"].is_u64(), "{worker}");
        assert!(worker.get("language").is_none_or(Value::is_string), "{worker}");
        let states = ["running", "idle", "asleep", "starting", "parked", "stopped"];
        assert!(states.contains(&worker["state"].as_str().unwrap()), "{worker}");
        let is_absent = worker["address"] == "absent";
        assert_eq!(worker["digest"].is_string(), !is_absent, "{worker}");
        assert_eq!(
            (worker["state"] == "stopped", worker["ended"].is_string()),
            (is_absent, is_absent)
        );
        if worker["address"] == "bare" {
            assert!(worker["handled"] == 1 && worker["fuel"].as_u64() > Some(0), "{worker}");
        }
    }
}

#[test]
fn dead_letters_are_read_and_sent_again() {
    let hive = Hive::start();
    hive.fails(&["send", "h1,puppet", "reject no"], 1, &["no"]);
    assert!(hive.done(&["dead-letters"]).contains("puppet"));
    let shown = hive.done(&["dead-letters", "show", "1"]);
    assert!(shown.contains("return route  h1") && shown.contains("reject no"), "{shown}");
    // It fails again, and is a new letter.
    hive.done(&["dead-letters", "redeliver", "1"]);
    hive.fails(&["dead-letters", "drop", "1"], 1, &["no dead letter 1"]);
    assert!(hive.done(&["dead-letters", "drop", "--all"]).starts_with("1 dead letter"));
    assert_eq!(hive.done(&["dead-letters", "--json"]), "[]\n");
}

#[test]
fn the_socket_speaks_http() {
    let hive = Hive::start();
    let workers = hive.get("GET", "/ps", "");
    for key in
        ["address", "component", "generation", "state", "handled", "failed", "restarts", "mailbox"]
    {
        assert!(workers.contains(&format!("\"{key}\":")), "{key} in {workers}");
    }
    assert!(hive.get("GET", "/node", "").contains(&format!("\"pid\":{}", hive.node.id())));
    assert!(hive.get("GET", "/nowhere", "").starts_with("HTTP/1.1 404"));
    assert!(hive.get("PUT", "/ps", "").starts_with("HTTP/1.1 405"));
    assert!(hive.get("GET", "/ps/baer", "").contains("\"hint\":\"did you mean `bare`?\""));
    assert!(hive.get("POST", "/send", "").starts_with("HTTP/1.1 400"));
    assert!(
        hive.get("POST", "/stop/puppet", "")
            .contains("{\"stopped\":\"puppet\",\"dead_letters\":0}")
    );
    let mut stranger = hive.connect();
    let head = "POST /send HTTP/1.1\r\nhost: skep\r\ncontent-length: 99999999\r\n\r\n";
    stranger.write_all(head.as_bytes()).unwrap();
    let stranger = read(stranger);
    assert!(stranger.starts_with("HTTP/1.1 413"), "{stranger}");
}
