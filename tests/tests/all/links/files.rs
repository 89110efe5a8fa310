//! G8.13: nodes as processes that may not open another file. What is there goes on, what comes
//! waits, and is served once there is room again.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::hive::{Hive, furnish, skep, until};

use super::wire::frame;

/// So many files its process may have open.
const FILES: usize = 128;

/// A node that may open few files, with a worker for others; and where it listens.
fn node_of_few_files(settings: &str) -> (Hive, String) {
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), settings);
    fs::write(home.path().join("workers/bare.toml"), "access = \"peers\"").unwrap();
    let mut run = Command::new("sh");
    run.env_remove("SKEP_DIR").env_remove("SKEP_LOG");
    run.args(["-c", &format!("ulimit -n {FILES}; exec \"$0\" \"$@\"")]).arg(skep().get_program());
    run.arg("run").arg(home.path()).args(["--listen", "127.0.0.1:0"]);
    let hive = Hive::by(home, run);
    let node: serde_json::Value =
        serde_json::from_str(hive.get("GET", "/node", "").split("\r\n\r\n").nth(1).unwrap())
            .unwrap();
    let at = node["listening"][0].as_str().unwrap().to_owned();
    (hive, at)
}

/// A connection that has said what it speaks, whether the node has or not.
fn connect(at: &str) -> TcpStream {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all(&[1]).unwrap();
    stream
}

/// Whether the node greets within this time.
fn is_greeted(stream: &mut TcpStream, within: Duration) -> bool {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut first = [0];
    match stream.read(&mut first) {
        Ok(1) => true,
        Err(why) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&why.kind()) => false,
        other => panic!("{other:?}"),
    }
}

/// A connection that the node has greeted; none if it was turned away.
fn let_in(mut stream: TcpStream) -> Option<TcpStream> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    match stream.read(&mut [0]) {
        Ok(1) => Some(stream),
        Ok(_) => None,
        Err(why) if why.kind() == ErrorKind::ConnectionReset => None,
        other => panic!("{other:?}"),
    }
}

/// Ask the echoer, and wait for its answer.
fn is_answered(stream: &mut TcpStream) {
    stream.write_all(&frame("bare", "me", "hi")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Between them the other side may beat.
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut body).unwrap();
        if body.ends_with(b"hi") {
            return;
        }
    }
}

fn open_files(hive: &Hive) -> usize {
    fs::read_dir(format!("/proc/{}/fd", hive.node.id())).unwrap().count()
}

/// The time that the node has run on processors, in hundredths of a second.
fn ticks(hive: &Hive) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", hive.node.id())).unwrap();
    let words = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
    words.map(|word| word.parse::<u64>().unwrap()).sum()
}

/// The node's own user takes all files there are, by clients that say nothing.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it looks into /proc")]
fn g8_13_without_another_file_the_node_goes_on() {
    let (hive, at) = node_of_few_files("");
    let mut before = connect(&at);
    assert!(is_greeted(&mut before, Duration::from_secs(20)));
    is_answered(&mut before);
    let socket = hive.path().join("run/control.sock");
    let clients: Vec<_> = (0..FILES).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    until("all files are open", || open_files(&hive) >= FILES);
    // Who comes now is not taken, and not turned away either.
    let mut waits = connect(&at);
    assert!(!is_greeted(&mut waits, Duration::from_millis(300)));
    // It does not try again and again meanwhile, and those that are there are served.
    let (began, used) = (Instant::now(), ticks(&hive));
    while began.elapsed() < Duration::from_secs(1) {
        is_answered(&mut before);
        std::thread::sleep(Duration::from_millis(50));
    }
    let used = ticks(&hive) - used;
    assert!(used < 50, "{used} hundredths of a second in a second");
    drop(clients);
    assert!(is_greeted(&mut waits, Duration::from_secs(20)));
    is_answered(&mut waits);
    is_answered(&mut before);
    let logged = hive.done(&["logs"]);
    let lines = logged.matches("no connection can be taken").count();
    assert!((1..=40).contains(&lines), "{lines} lines: {logged}");
}

/// Links, greeted or not, leave files to the control socket and to the workers' own.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "it looks into /proc")]
fn g8_13_links_leave_files_to_others() {
    let (hive, at) = node_of_few_files("[links]\npeers-of-host = 1000\n");
    assert!(hive.done(&["logs"]).contains("has 64 links at most, and not 1024"));
    // One after the other: of those that were not greeted yet, the oldest goes where more come.
    let linked: Vec<_> = (0..FILES).filter_map(|_| let_in(connect(&at))).collect();
    until("some are turned away", || hive.done(&["ps"]).contains("turned away"));
    let links = hive.done(&["ps", "--links"]).lines().count() - 1;
    assert!((1..=FILES / 2).contains(&links), "{links} links");
    let silent: Vec<_> = (0..FILES).map(|_| TcpStream::connect(&at).unwrap()).collect();
    assert!(open_files(&hive) < FILES);
    assert_eq!(hive.done(&["send", "bare", "hi"]), "hi\n");
    hive.done(&["reload", "bare"]);
    drop((linked, silent));
}
