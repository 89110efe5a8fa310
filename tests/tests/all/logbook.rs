//! `skep logs`: what a node has logged, while it runs and after.

use std::fs;
use std::io::{BufRead, BufReader};

use serde_json::Value;

use crate::hive::{Hive, failed, output, skep, until};

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_log_is_kept_and_read() {
    let mut hive = Hive::start();
    hive.done(&["send", "puppet", "log one\nt\x1b[31mwo\u{202e}; reply"]);
    hive.done(&["send", "tireless", "log three; reply"]);
    hive.fails(&["send", "puppet", "reject"], 1, &[]);
    hive.fails(&["send", "puppet", "trap"], 1, &[]);
    let of_puppet = |hive: &Hive| hive.done(&["logs", "puppet"]);
    until("it is written", || of_puppet(&hive).matches("it trapped").count() == 3);
    let lines = of_puppet(&hive);
    let texts: Vec<_> = lines.lines().map(|line| line.get(25..).unwrap()).collect();
    assert_eq!(
        texts[..3],
        ["INFO  puppet: started", "INFO  puppet: one", "INFO  puppet: t\\u{1b}[31mwo\\u{202e}"]
    );
    assert!(texts[3].starts_with("WARN  puppet: it trapped: "), "{texts:?}");
    assert_eq!(hive.done(&["logs", "tireless", "-n", "1"]).lines().count(), 1);
    let json = records(&hive.done(&["logs", "--json", "-n", "1000"]));
    let find = |worker: &str, text: &str| {
        json.iter().find(|each| each["worker"] == worker && each["text"] == text).unwrap()
    };
    assert_eq!(find("tireless", "three")["target"], "skep::worker");
    assert_eq!(find("h1", "started")["level"], "info");
    let of_node =
        |text: &str| json.iter().any(|each| each["worker"].is_null() && each["text"] == text);
    assert!(of_node("ready: 7 workers started"), "{json:?}");
    assert_eq!(hive.done(&["logs", "--since", "1d"]).lines().count(), json.len());

    // It is there when the node is not, and the next one goes on with it.
    hive.done(&["stop"]);
    assert_eq!(hive.ended(), Some(0));
    assert!(of_puppet(&hive).contains("puppet: stopped: the node stops"));
    let last = records(&hive.done(&["logs", "--json", "-n", "1"])).remove(0);
    assert!(last["text"].as_str().unwrap().starts_with("stopped: "), "{last}");
    let none = hive.run(&["logs", "nobody"]);
    failed(&none, 0, &["has nothing of `nobody`"]);
    let ended = hive.run(&["logs", "-f", "-n", "1"]);
    failed(&ended, 0, &["no node is running"]);
    let home = std::mem::replace(&mut hive.home, tempfile::tempdir().unwrap());
    let again = Hive::on(home);
    until("it is written", || {
        again.done(&["logs", "-n", "1000"]).matches("ready: 7 workers started").count() == 2
    });
    assert!(again.done(&["logs", "--since", "0s"]).is_empty());
    again.fails(&["logs", "--since", "soon"], 2, &["no unit of time"]);
    let nowhere = skep().args(["--dir", "/nowhere", "logs"]).output().unwrap();
    failed(&nowhere, 0, &["/nowhere/logs has no log"]);
}

/// Across files that fill up and go, until the node ends.
#[test]
fn the_log_is_followed_and_bounded() {
    let chatty = "[workers.chatty]\ncomponent = \"puppet\"\n\
        limits = { log-lines = 1000000, log-bytes = \"1GiB\" }";
    let mut hive = Hive::with(chatty);
    let mut follow = hive.spawn(&["logs", "-f", "chatty", "-n", "100000"]);
    let lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    let follower = std::thread::spawn(move || {
        let is_number = |line: &String| line.contains("chatty: n ");
        lines.map(Result::unwrap).filter(is_number).collect::<Vec<_>>()
    });
    let files = || {
        let all = fs::read_dir(hive.path().join("logs")).unwrap();
        let mut all: Vec<_> = all.map(|entry| entry.unwrap()).collect();
        all.sort_by_key(|entry| entry.file_name());
        all
    };
    let mut turns = 0;
    let has_gone = |files: &[fs::DirEntry]| files[0].file_name() == "node-000003.jsonl";
    while !has_gone(&files()) {
        hive.done(&[
            "send",
            "chatty",
            &format!("log n {turns}; repeat 60 {{log-large 8000}}; reply"),
        ]);
        turns += 1;
        assert!(turns < 1_000, "{:?}", files());
    }
    let sizes: Vec<_> = files().iter().map(|entry| entry.metadata().unwrap().len()).collect();
    assert!(sizes.len() <= 8 && sizes.iter().all(|size| *size <= 8 << 20), "{sizes:?}");
    hive.done(&["stop"]);
    assert_eq!(hive.ended(), Some(0));
    let followed = follower.join().unwrap();
    assert_eq!(output(follow).status.code(), Some(0));
    for (turn, line) in followed.iter().enumerate() {
        assert!(line.ends_with(&format!("chatty: n {turn}")), "{turn}: {line}");
    }
    assert_eq!(followed.len(), turns);
}

/// A second node on a directory writes nothing into the first one's log.
#[test]
fn the_log_is_one_node_s() {
    let hive = Hive::start();
    hive.fails(&["run"], 1, &["already running"]);
    let log = hive.done(&["logs", "-n", "1000"]);
    assert_eq!(log.matches("starting: ").count(), 1, "{log}");
}

/// Whoever cannot be written to loses the log, and nothing else.
#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let mut hive = Hive::start();
    let logs = hive.path().join("logs");
    fs::remove_dir_all(&logs).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for _ in 0..50 {
        assert_eq!(hive.done(&["send", "puppet", "log lost; reply here"]), "here\n");
    }
    fs::create_dir(&logs).unwrap();
    until("it is kept again", || {
        hive.done(&["send", "puppet", "log kept; reply"]);
        hive.run(&["logs", "puppet"]).stdout.ends_with(b"puppet: kept\n")
    });
    assert!(hive.done(&["logs"]).contains("lines were not kept: "));
    hive.done(&["stop"]);
    assert_eq!(hive.ended(), Some(0));
    assert!(hive.errors().contains("the log is not kept: "));
}
