//! A node as a process on a folder of its own, and the command that talks to it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use skep_tests::guests::guest;
use tempfile::TempDir;

/// Whatever is waited for fails the test after this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command, where cargo has put it beside the tests.
pub(crate) fn skep() -> Command {
    let tests = std::env::current_exe().unwrap();
    let skep = tests.ancestors().nth(2).unwrap().join("skep");
    assert!(skep.exists(), "{}: run `make host` first", skep.display());
    let mut command = Command::new(skep);
    command.env_remove("SKEP_DIR").env_remove("SKEP_LOG").stdin(Stdio::null());
    command
}

/// Wait until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut look: impl FnMut() -> bool) {
    let began = Instant::now();
    while !look() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a process says until it ends, which it has to.
#[track_caller]
pub(crate) fn output(mut child: Child) -> Output {
    let read = |pipe: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.map(|mut pipe| pipe.read_to_end(&mut bytes)).transpose().unwrap();
            bytes
        })
    };
    let stdout = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// A command that ended with this code, and said these words.
#[track_caller]
pub(crate) fn failed(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` in {said}");
    }
}

/// A node that runs on a folder of its own.
pub(crate) struct Hive {
    pub(crate) home: TempDir,
    pub(crate) node: Child,
    log: BufReader<ChildStdout>,
    errors: Option<JoinHandle<String>>,
    by_script: bool,
}

impl Hive {
    /// Echoers, hops, puppets, and one that may loop for a minute.
    pub(crate) fn start() -> Self {
        Self::with("[node]\ndrain = \"60s\"")
    }

    /// The same, with more in its `node.toml`.
    pub(crate) fn with(settings: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        furnish(home.path(), settings);
        Self::on(home)
    }

    pub(crate) fn on(home: TempDir) -> Self {
        let mut run = skep();
        run.arg("run").arg(home.path());
        Self::by(home, run)
    }

    /// A node that a command runs.
    pub(crate) fn by(home: TempDir, mut run: Command) -> Self {
        let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut node = run.unwrap();
        let log = BufReader::new(node.stdout.take().unwrap());
        let errors = node.stderr.take().map(read_errors);
        let mut hive = Self { home, node, log, errors, by_script: false };
        hive.wait_for("ready: ");
        hive
    }

    /// A node that a script starts, whose process is not the script's.
    pub(crate) fn by_script(home: TempDir, script: Command) -> Self {
        let mut hive = Self::by(home, script);
        hive.by_script = true;
        hive
    }

    /// Read what the node shows until a line begins so.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) -> String {
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

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = skep();
        command.arg("--dir").arg(self.path()).args(arguments);
        command
    }

    /// Begin a command that takes its time.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        output(self.spawn(arguments))
    }

    /// What a command prints that has to succeed.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A command that ends with this code, and says these words.
    #[track_caller]
    pub(crate) fn fails(&self, arguments: &[&str], code: i32, words: &[&str]) {
        failed(&self.run(arguments), code, words);
    }

    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.node.id().to_string());
        assert!(kill.status().unwrap().success());
    }

    /// The node's exit code, once it has ended.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let mut status = None;
        until("the node ends", || {
            status = self.node.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }

    /// What the node said to its stderr; it has ended.
    pub(crate) fn errors(&mut self) -> String {
        self.errors.take().unwrap().join().unwrap()
    }

    pub(crate) fn connect(&self) -> UnixStream {
        UnixStream::connect(self.path().join("run/control.sock")).unwrap()
    }

    /// A connection to the node that has asked for something.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> UnixStream {
        let mut socket = self.connect();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: skep\r\ncontent-length: {length}");
        socket.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        socket
    }

    /// What it is answered.
    pub(crate) fn get(&self, method: &str, path: &str, body: &str) -> String {
        read(self.ask(method, path, body))
    }
}

/// All that comes until the other end closes.
pub(crate) fn read(mut socket: UnixStream) -> String {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

fn read_errors(mut pipe: ChildStderr) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut said = String::new();
        pipe.read_to_string(&mut said).unwrap();
        said
    })
}

/// Put workers and settings into a node's directory.
pub(crate) fn furnish(home: &Path, settings: &str) {
    let workers = home.join("workers");
    fs::create_dir_all(&workers).unwrap();
    for name in ["bare", "bare-hop", "puppet"] {
        fs::write(workers.join(format!("{name}.wasm")), guest(name)).unwrap();
    }
    for hop in ["h1", "h2", "h3"] {
        fs::write(workers.join(format!("{hop}.toml")), "component = \"bare-hop\"").unwrap();
    }
    let tireless = "[workers.tireless]\ncomponent = \"puppet\"\n\
        limits = { fuel = 1000000000000, deadline = \"60s\" }\n";
    fs::write(home.join("node.toml"), format!("{tireless}{settings}")).unwrap();
}

impl Drop for Hive {
    fn drop(&mut self) {
        if self.by_script {
            let _ = self.command(&["stop", "--now"]).stderr(Stdio::null()).status();
        }
        // It may have ended already.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}
