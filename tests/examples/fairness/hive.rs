//! A node as a process of its own, and its control socket.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use skep_tests::guests::guest;
use tempfile::TempDir;

use crate::busy;

/// The command that runs on a folder; it ends with this value.
pub(crate) struct Hive {
    home: TempDir,
    node: Child,
}

impl Hive {
    /// Start it, with so many workers of each kind.
    pub(crate) fn start(count: usize) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let workers = home.path().join("workers");
        fs::create_dir(&workers).expect("a folder");
        let files = [("bare", guest("bare")), ("puppet", guest("puppet")), ("busy", busy::busy())];
        for (name, bytes) in files {
            fs::write(workers.join(format!("{name}.wasm")), bytes).expect("a file");
        }
        let mut settings = String::new();
        for number in 0..count {
            settings += &format!(
                "[workers.loop{number}]\ncomponent = \"puppet\"\n\
                 limits = {{ fuel = 1000000000000000, deadline = \"600s\" }}\n\
                 [workers.w{number}]\ncomponent = \"busy\"\n"
            );
        }
        fs::write(home.path().join("node.toml"), settings).expect("a file");
        let skep = std::env::current_exe().expect("this program");
        let skep = skep.ancestors().nth(2).expect("a folder").join("skep");
        assert!(skep.exists(), "{}: run `make host` first", skep.display());
        let mut run = Command::new(skep);
        run.env_remove("SKEP_DIR").env_remove("SKEP_LOG").arg("run").arg(home.path());
        run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let hive = Self { node: run.spawn().expect("the command"), home };
        hive.until_ready();
        hive
    }

    fn until_ready(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while UnixStream::connect(self.path()).is_err() {
            assert!(Instant::now() < deadline, "the node does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.client().ask("GET", "/node", "");
    }

    fn path(&self) -> std::path::PathBuf {
        self.home.path().join("run/control.sock")
    }

    /// A connection that is kept.
    pub(crate) fn client(&self) -> Client {
        Client(UnixStream::connect(self.path()).expect("the control socket"))
    }
}

impl Drop for Hive {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// A connection to the control socket.
pub(crate) struct Client(UnixStream);

impl Client {
    /// Ask, and wait for the whole answer, which has to be a good one.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> String {
        let length = body.len();
        write!(
            self.0,
            "{method} {path} HTTP/1.1\r\nhost: skep\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .expect("a connection");
        let head = self.read_until("\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200"), "{path} {body}: {head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut answer = vec![0; length.expect("a length").parse().expect("a number")];
        self.0.read_exact(&mut answer).expect("an answer");
        String::from_utf8(answer).expect("JSON")
    }

    fn read_until(&mut self, end: &str) -> String {
        let mut head = Vec::new();
        while !head.ends_with(end.as_bytes()) {
            let mut byte = [0];
            self.0.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        String::from_utf8(head).expect("text")
    }
}
