//! What happens is told, to programs on the socket and to the one around the node.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::time::Duration;

use serde_json::Value;
use skep::{Events, Node, What, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::wait::soon;

use crate::hive::{Hive, output, read, until};

/// What a listening command prints, line by line.
struct Told(BufReader<std::process::ChildStdout>, Child);

impl Told {
    fn by(hive: &Hive, arguments: &[&str]) -> Self {
        let mut command = hive.spawn(arguments);
        Self(BufReader::new(command.stdout.take().unwrap()), command)
    }

    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
    }

    /// The next event of this worker and kind.
    #[track_caller]
    fn of(&mut self, worker: &str, event: &str) -> Value {
        loop {
            let next = self.next().unwrap_or_else(|| panic!("no {event} of {worker}"));
            if next["worker"] == worker && next["event"] == event {
                return next;
            }
        }
    }
}

#[test]
fn all_that_happens_is_told() {
    let home = tempfile::tempdir().unwrap();
    crate::hive::furnish(home.path(), "[node]\ndrain = \"60s\"");
    let file = |name: &str| home.path().join("workers").join(name);
    fs::write(file("keeper.wasm"), guest("keeper")).unwrap();
    fs::write(file("bad.toml"), "component = \"keeper\"\nargs = \"trap\"").unwrap();
    let rotten = file("rotten.wasm");
    let manifest = file("h1.toml");
    let mut hive = Hive::on(home);
    let mut told = Told::by(&hive, &["events", "--json", "-n", "256"]);

    // What was before: five starts that failed, and that the node had started at last.
    let bad = told.of("bad", "worker.trapped");
    assert!(bad["reason"].as_str().unwrap().contains("failed to start"), "{bad}");
    assert_eq!(told.of("bad", "worker.restarted")["generation"], 1);
    let parked = told.of("bad", "worker.parked");
    assert!(parked["reason"].as_str().unwrap().starts_with("parked: it failed 5"), "{parked}");
    let refused = told.of("bad", "worker.refused");
    assert!(refused["generation"].is_null() && refused["reason"].is_string(), "{refused}");
    let started = std::iter::from_fn(|| told.next()).find(|next| next["event"] == "node.started");
    let started = started.unwrap();
    assert!(started["worker"].is_null() && started["number"].as_u64().unwrap() > 10, "{started}");
    let time = started["time"].as_str().unwrap();
    assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'), "{time}");

    // And what comes.
    hive.fails(&["send", "puppet", "trap"], 1, &["trap"]);
    let trapped = told.of("puppet", "worker.trapped");
    assert!(trapped["reason"].as_str().unwrap().contains("trap") && trapped["limit"].is_null());
    told.of("puppet", "worker.restarted");
    hive.fails(&["send", "puppet", "loop"], 1, &["fuel"]);
    assert_eq!(told.of("puppet", "worker.trapped")["limit"], Value::Null);
    assert_eq!(told.of("puppet", "worker.trapped")["limit"], Value::Null);
    assert_eq!(told.of("puppet", "worker.trapped")["limit"], "fuel");
    fs::write(manifest, "component = \"bare-hop\"\n[config]\na = \"b\"").unwrap();
    let reloaded = told.of("h1", "worker.reloaded");
    assert_eq!((&reloaded["generation"], &reloaded["previous"]), (&2.into(), &1.into()));
    hive.done(&["rollback", "h1"]);
    let back = told.of("h1", "worker.rolled-back");
    assert_eq!((&back["generation"], &back["previous"]), (&1.into(), &2.into()));
    hive.fails(&["rollback", "h2"], 1, &["no generation before"]);
    assert_eq!(told.of("h2", "worker.refused")["generation"], 1);
    until("it is logged", || {
        hive.done(&["logs", "h2"]).contains("goes on as it was: `h2` has no generation before")
    });
    fs::write(rotten, "not a component").unwrap();
    told.of("rotten", "worker.refused");
    hive.done(&["stop", "h3"]);
    assert_eq!(told.of("h3", "worker.stopped")["reason"], "it was told to stop");
    hive.done(&["stop"]);
    let rest: Vec<Value> = std::iter::from_fn(|| told.next()).collect();
    assert!(rest.iter().any(|next| next["event"] == "node.stopping"), "{rest:?}");
    let stopped = |name: &str| {
        rest.iter().any(|next| next["worker"] == name && next["event"] == "worker.stopped")
    };
    assert!(stopped("bare") && stopped("h1") && !stopped("h3"), "{rest:?}");
    assert_eq!(output(told.1).status.code(), Some(0));
    assert_eq!(hive.ended(), Some(0));
}

#[test]
fn a_person_reads_sentences() {
    let hive = Hive::start();
    hive.done(&["stop", "bare"]);
    let mut events = hive.spawn(&["events", "bare", "-n", "2"]);
    let mut told = String::new();
    let mut lines = BufReader::new(events.stdout.take().unwrap());
    lines.read_line(&mut told).unwrap();
    lines.read_line(&mut told).unwrap();
    assert!(told.contains("Z worker.started     bare: generation 1\n"), "{told}");
    assert!(told.contains("worker.stopped     bare: generation 1, it was told to stop"), "{told}");
    events.kill().unwrap();
    hive.fails(&["events", "a#b"], 2, &["no address"]);
    events.wait().unwrap();
}

/// Whoever listens and does not read keeps nobody from anything, and is told what it missed.
#[test]
fn a_slow_listener_loses_events_and_nothing_else() {
    let hive = Hive::with("[workers.mother]\ncomponent = \"puppet\"\ngrants = [\"start-workers\"]");
    let mut deaf = hive.ask("GET", "/events", "");
    let mut head = [0; 15];
    deaf.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let script = |what: &dyn Fn(usize) -> String| (0..30).map(what).collect::<String>();
    let starts = script(&|number| format!("start puppet c{number} x; "));
    let stops = script(&|number| format!("stop mother.c{number}; "));
    for _ in 0..100 {
        hive.done(&["send", "mother", &format!("{starts}reply")]);
        hive.done(&["send", "mother", &format!("{stops}reply")]);
        until("they are gone", || !hive.get("GET", "/ps/mother.c29", "").contains(" 200 "));
    }
    hive.done(&["send", "bare", "x"]);
    deaf.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut lines = BufReader::new(deaf).lines().map(Result::unwrap);
    let lost = lines.find(|line| line.contains("\"event\":\"lost\"")).unwrap();
    let lost: Value = serde_json::from_str(&lost).unwrap();
    assert!(lost["count"].as_u64().unwrap() > 100, "{lost}");
}

#[test]
fn those_who_listen_shut_nobody_out() {
    let mut hive = Hive::start();
    let mut listeners: Vec<_> = (0..64).map(|_| hive.ask("GET", "/events", "")).collect();
    for listener in &mut listeners {
        let mut head = [0; 15];
        listener.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
    }
    hive.fails(&["events"], 1, &["64 clients wait for events already"]);
    assert_eq!(hive.done(&["send", "bare", "x"]), "x\n");
    // Who hangs up listens no more, even while nothing happens.
    listeners.pop();
    until("a place is free", || {
        let mut listener = hive.ask("GET", "/events", "");
        let mut head = [0; 15];
        listener.read_exact(&mut head).unwrap();
        &head == b"HTTP/1.1 200 OK"
    });
    hive.done(&["stop"]);
    for listener in listeners {
        assert!(read(listener).contains("node.stopping"));
    }
    assert_eq!(hive.ended(), Some(0));
}

async fn next(events: &mut Events) -> (String, What) {
    let event = soon("an event", events.next()).await.unwrap();
    (event.worker.map(|worker| worker.to_string()).unwrap_or_default(), event.what)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_listens_too() {
    let yard = Yard::of(Node::builder().threads(2)).await;
    let (mut all, mut events) = (yard.node.events_so_far(), yard.node.events());
    yard.start("k", "keeper").await;
    assert_eq!(next(&mut events).await, ("k".into(), What::Started));
    assert!(yard.ask("k", "trap").await.is_err());
    for _ in 0..3 {
        let (worker, what) = next(&mut events).await;
        assert!(worker == "k" && matches!(what, What::Trapped { limit: None, .. }), "{what:?}");
        assert!(matches!(next(&mut events).await.1, What::Restarted { .. }));
    }
    // A generation that fails on its first message.
    let mut options = WorkerOptions::default();
    options.limits.fuel = 10_000;
    yard.node.reload_component("k", guest("keeper"), options).await.unwrap();
    assert_eq!(next(&mut events).await.1, What::Reloaded { previous: 1 });
    yard.answer("k", "spin 100000; reply").await;
    let (_, what) = next(&mut events).await;
    assert!(matches!(what, What::Trapped { limit: Some("fuel"), .. }), "{what:?}");
    let (_, what) = next(&mut events).await;
    assert!(matches!(&what, What::RolledBack { previous: 2, reason } if reason.contains("fuel")));
    let refused = yard.node.reload_component("k", b"\0asm".to_vec(), WorkerOptions::default());
    assert!(refused.await.is_err());
    assert!(matches!(next(&mut events).await.1, What::Refused { .. }));
    assert_eq!(next(&mut all).await, (String::new(), What::NodeStarted));
    assert_eq!(next(&mut all).await, ("k".into(), What::Started));
    yard.node.stop().await;
    let mut last = Vec::new();
    while let Some(event) = soon("the end", events.next()).await {
        last.push(event.what.name());
    }
    assert_eq!(last, ["node.stopping", "worker.stopped"]);
}
