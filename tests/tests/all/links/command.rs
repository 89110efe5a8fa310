//! Nodes as processes that talk, and what the command says of their links.

use std::fs;
use std::net::TcpListener;

use crate::hive::{Hive, failed, furnish, skep, until};

/// A port that is free just now.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A node that listens at a port, with a worker for others and those of its own.
fn listening(settings: &str) -> (Hive, u16) {
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), settings);
    fs::write(home.path().join("workers/bare.toml"), "access = \"peers\"").unwrap();
    fs::write(home.path().join("workers/bare-hop.toml"), "access = \"peers\"").unwrap();
    let port = free();
    let mut run = skep();
    run.arg("run").arg(home.path()).args(["--listen", &port.to_string()]);
    (Hive::by(home, run), port)
}

#[test]
fn two_nodes_talk() {
    let (host, port) = listening("");
    let hive = Hive::start();
    let to = format!("1#127.0.0.1:{port}");
    assert_eq!(hive.done(&["send", &format!("{to},bare"), "Hello Skep!"]), "Hello Skep!\n");
    assert_eq!(hive.done(&["send", &format!("h1,{to},bare-hop,bare"), "hi"]), "hi\n");
    let count = ["send", &format!("{to},bare"), "x", "--count", "1000", "--outstanding", "64"];
    assert!(hive.done(&count).starts_with("1000 sent, 1000 answered, 0 failed"));
    // Both see the link; the array of workers is what it was.
    let links: serde_json::Value =
        serde_json::from_str(&hive.done(&["ps", "--links", "--json"])).unwrap();
    assert_eq!((&links[0]["address"], &links[0]["sent"]), (&to.clone().into(), &1002.into()));
    assert_eq!((&links[0]["opened_by"], &links[0]["state"]), (&"this".into(), &"up".into()));
    let shown = host.done(&["ps"]);
    assert!(shown.contains("OPENED BY") && shown.contains("the other node"), "{shown}");
    let workers: serde_json::Value = serde_json::from_str(&host.done(&["ps", "--json"])).unwrap();
    assert!(workers.as_array().unwrap().iter().all(|worker| worker["component"].is_string()));
    assert_eq!(
        skep()
            .args(["ps", "--links"])
            .arg("--dir")
            .arg(tempfile::tempdir().unwrap().path())
            .status()
            .unwrap()
            .code(),
        Some(1)
    );
}

#[test]
fn what_cannot_be_reached_is_explained() {
    let hive = Hive::start();
    let to = format!("1#127.0.0.1:{}", free());
    hive.fails(&["send", &format!("{to},bare"), "x"], 1, &[&to, "cannot be reached", "refused"]);
    hive.fails(&["send", "1#nowhere,bare", "x"], 1, &["no host and port"]);
    hive.fails(&["send", "1#a.invalid:1,bare", "x"], 1, &["1#a.invalid:1", "cannot be reached"]);
    hive.fails(&["send", &to, "x"], 1, &[&format!("`{to},WORKER`")]);
    // Nobody waits for a million failures, each of which takes as long as the next try.
    let many =
        ["send", &format!("{to},bare"), "x", "--count", "1000000", "--outstanding", "64", "--json"];
    let said = hive.run(&many);
    let measured: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert!(measured["failed"].as_u64().is_some_and(|failed| (64..256).contains(&failed)));
    assert!(String::from_utf8_lossy(&said.stderr).contains("ended early"), "{said:?}");
    assert_eq!(said.status.code(), Some(1));
    // Now it is tried again only after a while: who does not wait for that is told why.
    until("it is between two tries", || {
        let early = hive.run(&["send", &format!("{to},bare"), "x", "--timeout", "10ms"]);
        let why = String::from_utf8_lossy(&early.stderr).into_owned();
        why.contains(&format!("the link to `{to}` is not open")) && why.contains("refused")
    });
}

#[test]
fn routes_are_explained_without_being_taken() {
    let (host, _) = listening("[node]\nrelay = [\"10.0.0.0/8:4000\"]\nhops = 4\n");
    let explain = |arguments: &[&str]| {
        let all = [&["explain"], arguments, &["--json"]].concat();
        let output = host.run(&all);
        let stops: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let passes = |stop: &serde_json::Value| stop["passes"].as_bool();
        let words = stops.to_string();
        let passes: Vec<_> = stops.as_array().unwrap().iter().map(passes).collect();
        // The code says whether it would get through, as far as this node can tell.
        let code = i32::from(passes.contains(&Some(false)));
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        (passes, words)
    };
    let far = "h1,1#10.0.0.1:4000,echoer";
    assert_eq!(explain(&[far]).0, [Some(true), Some(true), None]);
    let (passes, words) = explain(&[far, "--from", "peer"]);
    assert_eq!(passes, [Some(false), Some(true), None], "{words}");
    assert!(words.contains("it would be refused, and counted"), "{words}");
    let (passes, words) = explain(&["1#10.0.0.1:4000,echoer", "--from", "puppet"]);
    assert_eq!(passes, [Some(false), None], "{words}");
    assert!(words.contains("`network` of `puppet`: nothing is on it"), "{words}");
    let (passes, words) = explain(&["bare", "--from", "peer"]);
    assert_eq!(passes, [Some(true)], "{words}");
    assert_eq!(explain(&["1#10.0.0.1:4001,x", "--from", "peer"]).0, [Some(false), None]);
    let (passes, words) = explain(&["h1,h1,h1,bare"]);
    assert_eq!(passes, [Some(false), Some(true), Some(true), Some(true)]);
    assert!(words.contains("`hops` in [node] of node.toml"), "{words}");
    let (passes, words) = explain(&["h1,1#10.0.0.1:4000"]);
    assert_eq!(passes, [Some(true), Some(false)]);
    assert!(words.contains("with nobody behind it"), "{words}");
    let (passes, words) = explain(&["baer"]);
    assert_eq!(passes, [Some(false)]);
    assert!(words.contains("did you mean `bare`?"), "{words}");
    let refused = ["`baer`", "did you mean `bare`?"];
    host.fails(&["explain", "h1,baer"], 1, &refused);
    let table = String::from_utf8(host.run(&["explain", "baer"]).stdout).unwrap();
    assert!(table.contains("WHAT WOULD HAPPEN") && table.contains("nobody has this"), "{table}");
    let table = host.done(&["explain", far]);
    assert!(
        table.contains("WHAT WOULD HAPPEN") && table.contains("a link would be opened"),
        "{table}"
    );
    host.fails(&["explain", "bare", "--from", "nobody"], 1, &["`nobody`"]);
    host.fails(&["explain", ""], 2, &["at least one stop"]);
    assert_eq!(host.done(&["ps", "--links"]), "no links\n");
}

/// What cannot be a place is wrong use, and told before a node is started.
#[test]
fn places_to_listen_at_are_read_with_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    for bad in ["foo", "foo:bar", "::1:4000", "127.0.0.1:65536", ""] {
        let mut run = skep();
        run.arg("run").arg(home.path().join("new")).args(["--listen", bad]);
        let words = ["--listen <HOST:PORT>", "127.0.0.1:4000", "--help"];
        failed(&run.output().unwrap(), 2, &words);
    }
    assert!(!home.path().join("new").exists(), "nothing was made");
}

/// A worker is exposed only where the node listens; a port that is taken is told at once.
#[test]
fn listening_is_said_and_checked() {
    let (mut host, port) = listening("");
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), &format!("[node]\nlisten = [\"127.0.0.1:{port}\"]\n"));
    let taken = skep().arg("run").arg(home.path()).output().unwrap();
    failed(&taken, 1, &[&format!("cannot listen on 127.0.0.1:{port}"), "in use"]);
    let shut = tempfile::tempdir().unwrap();
    furnish(shut.path(), "");
    fs::write(shut.path().join("workers/bare.toml"), "access = \"peers\"").unwrap();
    let mut shut = Hive::on(shut);
    let shown = shut.done(&["ps", "bare"]);
    assert!(shown.contains("access = \"peers\""), "{shown}");
    host.signal("TERM");
    assert_eq!(host.ended(), Some(0));
    shut.signal("TERM");
    assert_eq!(shut.ended(), Some(0));
    // Beyond the machine it listens, and says what that means.
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), "");
    let mut run = skep();
    run.arg("run").arg(home.path()).args(["--listen", &format!("0.0.0.0:{port}")]);
    let open = Hive::by(home, run);
    // The log has a thread of its own.
    until("it is said", || open.done(&["logs"]).contains("beyond this machine"));
}
