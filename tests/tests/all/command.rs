//! The command: a node as a process, and what others tell it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use skep_tests::guests::guest;
use tempfile::TempDir;

/// The command, where cargo has put it beside the tests.
fn skep() -> Command {
    let tests = std::env::current_exe().unwrap();
    let skep = tests.ancestors().nth(2).unwrap().join("skep");
    assert!(skep.exists(), "{}: run `make host` first", skep.display());
    let mut command = Command::new(skep);
    command.env_remove("SKEP_DIR").env_remove("SKEP_LOG").stdin(Stdio::null());
    command
}

/// A node that runs on a folder of its own.
struct Hive {
    home: TempDir,
    node: Child,
    log: BufReader<ChildStdout>,
}

impl Hive {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let workers = home.path().join("workers");
        fs::create_dir(&workers).unwrap();
        for name in ["bare", "bare-hop", "puppet"] {
            fs::write(workers.join(format!("{name}.wasm")), guest(name)).unwrap();
        }
        for hop in ["h1", "h2", "h3"] {
            fs::write(workers.join(format!("{hop}.toml")), "component = \"bare-hop\"").unwrap();
        }
        let tireless = "[workers.tireless]\ncomponent = \"puppet\"\n\
            limits = { fuel = 1000000000000, deadline = \"60s\" }\n\
            [node]\ndrain = \"60s\"";
        fs::write(home.path().join("node.toml"), tireless).unwrap();
        Self::on(home)
    }

    fn on(home: TempDir) -> Self {
        let run = skep().arg("run").arg(home.path()).stdout(Stdio::piped()).spawn();
        let mut node = run.unwrap();
        let log = BufReader::new(node.stdout.take().unwrap());
        let mut hive = Self { home, node, log };
        hive.wait_for("ready: ");
        hive
    }

    /// Read what the node shows until a line begins so.
    fn wait_for(&mut self, words: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "no `{words}` in {seen}");
            if line.starts_with(words) {
                return line;
            }
            seen.push_str(&line);
        }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        skep().arg("--dir").arg(self.path()).args(arguments).output().unwrap()
    }

    /// What a command prints that has to succeed.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A command that ends with this code, and says these words.
    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32, words: &[&str]) {
        failed(&self.run(arguments), code, words);
    }

    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.node.id().to_string());
        assert!(kill.status().unwrap().success());
    }

    fn ended(&mut self) -> Option<i32> {
        self.node.wait().unwrap().code()
    }

    fn get(&self, request: &str) -> String {
        let mut socket = UnixStream::connect(self.path().join("run/control.sock")).unwrap();
        write!(socket, "{request} HTTP/1.1\r\nhost: skep\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Hive {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

#[track_caller]
fn failed(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` in {said}");
    }
}

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
    hive.done(&many);
    hive.fails(&["send", "tireless", "x"], 1, &["mailbox of `tireless` is full"]);
    hive.fails(&["ps", "baer"], 1, &["did you mean `bare`?"]);
    hive.fails(&["stop", "nobody"], 1, &["`nobody`"]);
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

#[test]
fn signals_end_it() {
    for name in ["INT", "TERM"] {
        let mut hive = Hive::start();
        hive.signal(name);
        assert_eq!(hive.ended(), Some(0));
        hive.wait_for("stopped: ");
    }
    let mut hive = Hive::start();
    hive.done(&["send", "tireless", "loop", "--no-reply"]);
    hive.signal("INT");
    hive.wait_for("stopping: ");
    assert!(hive.done(&["ps", "tireless"]).contains("running"));
    hive.signal("INT");
    assert_eq!(hive.ended(), Some(1));
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
    let workers = hive.get("GET /ps");
    for key in
        ["address", "component", "generation", "state", "handled", "failed", "restarts", "mailbox"]
    {
        assert!(workers.contains(&format!("\"{key}\":")), "{key} in {workers}");
    }
    assert!(hive.get("GET /node").contains(&format!("\"pid\":{}", hive.node.id())));
    assert!(hive.get("GET /nowhere").starts_with("HTTP/1.1 404"));
    assert!(hive.get("PUT /ps").starts_with("HTTP/1.1 405"));
    assert!(hive.get("GET /ps/baer").contains("\"hint\":\"did you mean `bare`?\""));
    assert!(hive.get("POST /send").starts_with("HTTP/1.1 400"));
    assert!(hive.get("POST /stop/puppet").contains("{\"stopped\":\"puppet\"}"));
    let stranger = hive.get("POST /send HTTP/1.1\r\ncontent-length: 99999999\r\nx: ");
    assert!(stranger.starts_with("HTTP/1.1 413"), "{stranger}");
}
