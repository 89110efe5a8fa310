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
        self.ask("GET", "/node", "");
    }

    fn path(&self) -> std::path::PathBuf {
        self.home.path().join("run/control.sock")
    }

    /// Ask, and wait for the whole answer, which has to be a good one. Each question has a
    /// connection of its own, as those of the command have.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) {
        let mut socket = UnixStream::connect(self.path()).expect("the control socket");
        let length = body.len();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nhost: skep\r\nconnection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .expect("a connection");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path} {body}: {answer}");
    }
}

impl Drop for Hive {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}
