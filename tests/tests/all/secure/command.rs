//! Secure channels as people use them: two directories, `node.toml` and the command.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use crate::hive::{Hive, failed, furnish, skep, until};

/// The identifier that the command shows or makes.
fn identity(home: &Path, action: &[&str]) -> String {
    let output = skep().arg("identity").args(action).arg("--dir").arg(home).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn set(home: &Path, settings: &str) {
    fs::write(home.join("node.toml"), settings).unwrap();
}

/// A node that lets the other open channels, and the other.
fn two_nodes() -> (Hive, Hive, [String; 2]) {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, two] = homes.each_ref().map(|home| {
        furnish(home.path(), "");
        identity(home.path(), &["create"])
    });
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listens = format!(
        "[node]\nlisten = [\"127.0.0.1:{port}\"]\n[secure]\nlistener = \"secure\"\ntrust = [\"{two}\"]\n"
    );
    let named = format!(
        "[channels.far]\nroute = \"1#127.0.0.1:{port},secure\"\nidentity = \"{one}\"\nworkers = [\"h1\"]\n"
    );
    let [far, near] = homes;
    set(far.path(), &listens);
    fs::write(far.path().join("workers/bare.toml"), format!("access = [\"{two}\"]")).unwrap();
    set(near.path(), &named);
    (Hive::on(far), Hive::on(near), [one, two])
}

#[test]
fn a_named_channel_is_opened_when_it_is_needed() {
    let (far, near, [one, two]) = two_nodes();
    assert_eq!(far.done(&["ps", "--channels"]), "no secure channels\n");
    assert_eq!(near.done(&["send", "far,bare", "Hello Skep!"]), "Hello Skep!\n");
    assert_eq!(near.done(&["send", "h1,far,bare", "hi"]), "hi\n");
    let count = ["send", "far,bare", "x", "--count", "1000", "--outstanding", "64"];
    assert!(near.done(&count).starts_with("1000 sent, 1000 answered, 0 failed"));
    let channels = |hive: &Hive| -> serde_json::Value {
        serde_json::from_str(&hive.done(&["ps", "--channels", "--json"])).unwrap()
    };
    let (ours, theirs) = (channels(&near), channels(&far));
    assert_eq!((&ours[0]["name"], &ours[0]["identity"]), (&"far".into(), &one.clone().into()));
    assert_eq!((&ours[0]["sent"], &ours[0]["received"]), (&1002.into(), &1002.into()));
    assert_eq!((&theirs[0]["identity"], &theirs[0]["opened_by"]), (&two.into(), &"other".into()));
    assert!(near.done(&["ps"]).contains("CHANNEL"));
    // Who is not on its list may not.
    let explain = ["explain", "far,bare", "--from", "puppet"];
    near.fails(&explain, 1, &["not on the list `workers` of the channel `far`"]);
    let explained = near.done(&["explain", "far,bare"]);
    let channel = format!("through the channel to {one} by");
    assert!(explained.contains(&channel) && explained.contains("which is open"), "{explained}");
    assert!(far.done(&["explain", "secure"]).contains("it takes handshakes"));
    let asked = near.done(&["send", "puppet", "request far,bare 1000 x; reply"]);
    assert!(asked.contains("not on the list `workers`"), "{asked}");
}

/// A route may begin with another channel's name, which need not let the inner one's workers.
#[test]
fn a_named_channel_leads_through_another() {
    let (far, mut near, [one, _]) = two_nodes();
    let settings = fs::read_to_string(near.path().join("node.toml")).unwrap();
    let inner = format!("[channels.sub]\nroute = \"far,secure\"\nidentity = \"{one}\"\n");
    near.signal("TERM");
    assert_eq!(near.ended(), Some(0));
    let home = std::mem::replace(&mut near.home, tempfile::tempdir().unwrap());
    set(home.path(), &(settings + &inner));
    let near = Hive::on(home);
    assert_eq!(near.done(&["send", "sub,bare", "Hello Skep!"]), "Hello Skep!\n");
    assert_eq!(near.done(&["send", "far,bare", "hi"]), "hi\n");
    let asked = near.done(&["send", "puppet", "request sub,bare 1000 x; reply"]);
    assert!(asked.contains("not on the list `workers` of the channel `sub`"), "{asked}");
    drop(far);
}

/// What has a name is shown before it is open, with what stands in the way.
#[test]
fn a_named_channel_that_is_not_open_is_shown_with_the_reason() {
    let (mut far, near, [one, _]) = two_nodes();
    let shown = || -> serde_json::Value {
        serde_json::from_str(&near.done(&["ps", "--channels", "--json"])).unwrap()
    };
    let settings = fs::read_to_string(near.path().join("node.toml")).unwrap();
    let route = settings.lines().find_map(|line| line.strip_prefix("route = ")).unwrap();
    let route = route.trim_matches('"');
    // Nobody has sent anything yet.
    let before = shown();
    assert_eq!(before.as_array().unwrap().len(), 1, "{before}");
    assert_eq!((&before[0]["name"], &before[0]["state"]), (&"far".into(), &"waiting".into()));
    assert_eq!((&before[0]["identity"], &before[0]["way"]), (&one.clone().into(), &route.into()));
    assert!(before[0].get("last_failure").is_none(), "{before}");
    for command in [&["ps", "--channels"][..], &["ps"]] {
        let table = near.done(command);
        for words in ["EXPECTS", "waiting", &one, route] {
            assert!(table.contains(words), "`{words}` in {table}");
        }
    }
    // An open one is as ever.
    assert_eq!(near.done(&["send", "far,bare", "one"]), "one\n");
    let open = shown();
    assert_eq!(open.as_array().unwrap().len(), 1, "{open}");
    assert_eq!((&open[0]["name"], &open[0]["state"]), (&"far".into(), &"open".into()));
    assert!(!near.done(&["ps", "--channels"]).contains("EXPECTS"));
    // The other end goes, and cannot be reached then.
    far.signal("TERM");
    assert_eq!(far.ended(), Some(0));
    until("it is closed", || shown()[0]["state"] == "waiting");
    let closed = shown()[0]["last_failure"].clone();
    assert!(closed.as_str().unwrap().contains("the other end has closed it"), "{closed}");
    let said = near.run(&["send", "far,bare", "two", "--timeout", "5s"]);
    failed(&said, 1, &["no secure channel `far`", "cannot be reached"]);
    // It was this try, and none before it.
    assert!(!String::from_utf8_lossy(&said.stderr).contains("the last try"), "{said:?}");
    let failed = shown()[0]["last_failure"].clone();
    assert!(failed.as_str().unwrap().contains("cannot be reached"), "{failed}");
    assert!(near.done(&["ps", "--channels"]).contains("cannot be reached"));
}

/// Nobody answers there for a while: that is a state of its own.
#[test]
fn a_channel_that_is_being_opened_is_shown_so() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = tempfile::tempdir().unwrap();
    let one = format!("I{}", "0".repeat(64));
    let at = silent.local_addr().unwrap();
    let settings = format!("[channels.far]\nroute = \"1#{at},secure\"\nidentity = \"{one}\"\n");
    furnish(home.path(), &settings);
    let near = Hive::on(home);
    near.done(&["send", "far,bare", "x", "--no-reply"]);
    until("it is tried", || {
        let shown = near.done(&["ps", "--channels"]);
        shown.contains("connecting") && shown.contains(&one)
    });
}

#[test]
fn it_is_opened_again_after_the_other_end_has_begun_anew() {
    let (mut far, near, _) = two_nodes();
    assert_eq!(near.done(&["send", "far,bare", "one"]), "one\n");
    far.signal("TERM");
    assert_eq!(far.ended(), Some(0));
    near.fails(&["send", "far,bare", "two", "--timeout", "5s"], 1, &["far"]);
    let home = std::mem::replace(&mut far.home, tempfile::tempdir().unwrap());
    let again = Hive::on(home);
    until("it is answered again", || {
        let sent = near.run(&["send", "far,bare", "three", "--timeout", "2s"]);
        sent.status.success()
    });
    drop(again);
}

/// After ten seconds without a sign a channel is doubted, and another one opened. The answer that
/// took so long still comes.
#[test]
fn a_slow_answer_comes_though_the_channel_was_doubted() {
    let (far, near, [_, two]) = two_nodes();
    fs::write(far.home.path().join("workers/puppet.toml"), format!("access = [\"{two}\"]"))
        .unwrap();
    far.done(&["reload", "puppet"]);
    let open = || near.done(&["ps", "--channels", "--json"]).matches("\"open\"").count();
    std::thread::scope(|scope| {
        let ask = "keep; after 13000 puppet {answer late}";
        let slow = scope.spawn(|| near.done(&["send", "far,puppet", ask, "--timeout", "60s"]));
        until("it is asked", || open() == 1);
        std::thread::sleep(Duration::from_millis(10_500));
        assert_eq!(near.done(&["send", "far,bare", "quick"]), "quick\n");
        assert_eq!(open(), 2);
        assert_eq!(slow.join().unwrap(), "late\n");
    });
    until("the old one is closed", || open() == 1);
}

/// Whom a node trusts is followed while it runs.
#[test]
fn trust_is_taken_away_while_the_node_runs() {
    let (far, near, _) = two_nodes();
    assert_eq!(near.done(&["send", "far,bare", "one"]), "one\n");
    let settings = fs::read_to_string(far.path().join("node.toml")).unwrap();
    let nobody = settings.lines().filter(|line| !line.starts_with("trust")).collect::<Vec<_>>();
    set(far.path(), &nobody.join("\n"));
    until("the channel is closed", || far.done(&["ps", "--channels"]) == "no secure channels\n");
    near.fails(&["send", "far,bare", "two", "--timeout", "1s"], 1, &[]);
}

/// G8.17: the key is another, the identity is the same, and what was open goes on.
#[test]
fn a_key_is_rotated_while_the_node_runs() {
    let (far, near, [_, two]) = two_nodes();
    assert_eq!(near.done(&["send", "far,bare", "one"]), "one\n");
    assert_eq!(identity(near.path(), &["rotate"]), two);
    let known = far.path().join("known");
    until("the new key is known", || known.join(&two).exists());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&known), mode(&known.join(&two))), (0o700, 0o600));
    assert_eq!(near.done(&["send", "far,bare", "two"]), "two\n");
    assert_eq!(near.done(&["ps", "--channels", "--json"]).matches("\"identity\"").count(), 1);
}

/// G8.17.
#[test]
fn an_identity_is_made_once_and_kept_for_its_user() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        skep().arg("identity").args(arguments).arg("--dir").arg(home.path()).output().unwrap()
    };
    failed(&run(&[]), 1, &["identity.key", "skep identity create"]);
    failed(&run(&["rotate"]), 1, &["identity.key", "skep identity create"]);
    let made = identity(home.path(), &["create"]);
    assert!(made.starts_with('I') && made.len() == 65, "{made}");
    assert_eq!(identity(home.path(), &[]), made);
    assert_eq!(identity(home.path(), &["show"]), made);
    assert_eq!(identity(home.path(), &["rotate"]), made);
    let shown: serde_json::Value = serde_json::from_slice(&run(&["--json"]).stdout).unwrap();
    assert_eq!((&shown["identifier"], &shown["keys"]), (&made.into(), &2.into()));
    failed(&run(&["create"]), 1, &["is there already", "skep identity rotate"]);
    let key = home.path().join("identity.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    failed(&run(&[]), 1, &["identity.key", "chmod 600"]);
    furnish(home.path(), "[secure]\nlistener = \"secure\"\n");
    let start = || skep().arg("run").arg(home.path()).output().unwrap();
    failed(&start(), 1, &["identity.key", "chmod 600"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, "skep-identity 1\n").unwrap();
    failed(&start(), 1, &["identity.key", "should be a line `identifier`"]);
}

#[test]
fn settings_that_cannot_be_are_refused_with_the_reason() {
    let refused = |settings: &str, parts: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        furnish(home.path(), settings);
        failed(&skep().arg("run").arg(home.path()).output().unwrap(), 1, parts);
    };
    refused("[secure]\ntrust = [\"I12\"]\n", &["node.toml:5", "`I12` is no identifier"]);
    refused("[secure]\ntrust = [\"*\"]\n", &["node.toml", "secure.listener"]);
    refused("[secure]\nlistner = \"x\"\n", &["node.toml:5", "listener"]);
    refused("[secure]\nlistener = \"app\"\n", &["app"]);
    let listens = "[secure]\nlistener = \"secure\"\n";
    refused(&format!("{listens}trust = [\"*\", \"\"]"), &["node.toml:6", "`*` is everyone"]);
    refused(&format!("{listens}trust = [\"\"]"), &["node.toml:6", "nobody's identifier"]);
    let one = format!("I{}", "0".repeat(64));
    let channel = |text: &str| format!("[channels.far]\n{text}\n");
    refused(&channel("route = \"a\""), &["node.toml", "identity"]);
    refused(&channel(&format!("identity = \"{one}\"")), &["node.toml", "route"]);
    refused(&channel(&format!("route = \"\"\nidentity = \"{one}\"")), &["node.toml:5", "no route"]);
    let leads = |from: &str, to: &str| {
        format!("[channels.{from}]\nroute = \"{to},secure\"\nidentity = \"{one}\"\n")
    };
    let circle = leads("far", "near") + &leads("near", "far");
    refused(&circle, &["node.toml", "go round", "`far` through `near` through `far`"]);
}

/// What others could change of what is known of rotated keys is not believed.
#[test]
fn known_histories_that_others_may_write_are_refused() {
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), "[secure]\nlistener = \"secure\"\n");
    let known = home.path().join("known");
    fs::create_dir(&known).unwrap();
    fs::set_permissions(&known, fs::Permissions::from_mode(0o777)).unwrap();
    let output = skep().arg("run").arg(home.path()).output().unwrap();
    failed(&output, 1, &["known", "can be written by others", "chmod 700"]);
    fs::set_permissions(&known, fs::Permissions::from_mode(0o700)).unwrap();
    Hive::on(home);
}

/// Whoever has copied the key has it no longer, even where a channel is open already.
#[test]
fn a_key_that_was_rotated_away_loses_its_channels() {
    let (_far, near, _) = two_nodes();
    let copy = tempfile::tempdir().unwrap();
    furnish(copy.path(), "");
    for file in ["identity.key", "node.toml"] {
        fs::copy(near.path().join(file), copy.path().join(file)).unwrap();
    }
    let thief = Hive::on(copy);
    for hive in [&near, &thief] {
        assert_eq!(hive.done(&["send", "far,bare", "one"]), "one\n");
    }
    identity(near.path(), &["rotate"]);
    until("its channel is closed", || {
        !thief.run(&["send", "far,bare", "two", "--timeout", "1s"]).status.success()
    });
    assert_eq!(near.done(&["send", "far,bare", "three"]), "three\n");
}

/// What the command says of the node itself goes on when `node.toml` changes.
#[test]
fn who_listens_by_the_command_goes_on_to() {
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), "");
    let two = identity(home.path(), &["create"]);
    let access = |access: &str| {
        fs::write(home.path().join("workers/bare.toml"), format!("access = {access}")).unwrap();
    };
    access("\"peers\"");
    let mut run = skep();
    run.arg("run").arg(home.path()).args(["--listen", "127.0.0.1:0"]);
    let path = home.path().to_owned();
    let mut hive = Hive::by(tempfile::tempdir().unwrap(), run);
    hive.home = home;
    set(&path, "[ceiling.limits]\nmemory = \"128MiB\"\n");
    until("it is read again", || hive.done(&["logs"]).contains("node.toml has changed"));
    fs::write(path.join("workers/bare.toml"), format!("access = [\"{two}\"]")).unwrap();
    hive.done(&["reload", "bare"]);
    hive.fails(&["explain", "bare", "--from", "peer"], 1, &["it would be refused"]);
    hive.fails(&["explain", "bare", "--from", &two], 1, &["it would get no secure channel"]);
}
