//! A node's directory: one node at a time, and each file on its own.

use std::fs;
use std::path::Path;

use skep::error::{StartError, StopError};
use skep::{Node, NodeBuilder, State};
use skep_tests::guests::guest;
use skep_tests::{Yard, logs};
use tempfile::TempDir;

use crate::hive::{Hive, furnish, skep};

fn hive(files: &[(&str, &[u8])]) -> TempDir {
    let hive = tempfile::tempdir().unwrap();
    fs::create_dir(hive.path().join("workers")).unwrap();
    for (name, bytes) in files {
        fs::write(hive.path().join("workers").join(name), bytes).unwrap();
    }
    hive
}

fn node(hive: &Path) -> NodeBuilder {
    Node::builder().threads(2).directory(hive)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_workers() {
    let puppet = guest("puppet");
    let hive = hive(&[
        ("bare.wasm", &guest("bare")),
        ("w.wasm", &puppet),
        ("w.toml", b"[config]\nkey = \"value\"\n[limits]\nfuel = 1000000\n"),
        ("second.toml", b"component = \"w\"\nargs = \"none\"\n"),
        ("README.txt", b"not a worker"),
        (".half.wasm", b"\0asm"),
    ]);
    let yard = Yard::of(node(hive.path())).await;
    assert_eq!(yard.workers(), ["bare", "second", "w"]);
    assert_eq!(yard.answer("w", "config key; reply").await, "Some(\"value\")");
    assert_eq!(yard.answer("second", "config key; reply").await, "None");
    assert!(yard.ask("w", "loop").await.is_err());
    assert_eq!(yard.node.directory(), Some(hive.path()));
}

/// What is wrong with one is said, and the others run.
#[tokio::test(flavor = "multi_thread")]
async fn bad_files_are_reported_each() {
    let cases: [(&str, &[u8], &str); 8] = [
        ("empty.wasm", b"", "is empty"),
        ("text.wasm", b"(component)", "is WebAssembly text"),
        ("elf.wasm", b"\x7fELF\x02\x01\x01", "is a native program"),
        ("core.wasm", b"\0asm\x01\0\0\0", "is a core module that does not export"),
        ("short.wasm", b"\0asm", "ends too early"),
        ("Upper.wasm", b"\0asm", "Upper"),
        ("lonely.toml", b"", "there is no component"),
        ("bad.toml", b"component = \"bare\"\nlimit = 1", "did you mean `limits`"),
    ];
    let bare = guest("bare");
    let mut files: Vec<_> = cases.iter().map(|(name, bytes, _)| (*name, *bytes)).collect();
    files.push(("bare.wasm", &bare));
    files.push(("greedy.toml", b"component = \"bare\"\ngrants = [\"stop-node\"]"));
    let hive = hive(&files);
    let yard = Yard::alone(node(hive.path())).await;
    assert_eq!(yard.answer("bare", "hello").await, "hello");
    // Those that do not run are shown, too, and say why.
    for worker in yard.node.workers().iter().filter(|worker| worker.address != "bare".into()) {
        assert_eq!(worker.state, State::Stopped, "{worker:?}");
        assert!(worker.ended.as_ref().is_some_and(|why| !why.is_empty()), "{worker:?}");
    }
    assert_eq!(yard.workers().len(), files.len());
    let errors: Vec<_> =
        logs::lines().into_iter().filter(|line| line.level == tracing::Level::ERROR).collect();
    for (file, _, words) in cases.iter().chain(&[("greedy.toml", b"".as_slice(), "[ceiling]")]) {
        let name = file.split('.').next().unwrap();
        let found = errors.iter().find(|line| line.worker == name);
        let text = &found.unwrap_or_else(|| panic!("{file}: {errors:#?}")).text;
        assert!(text.contains(words), "{file}: {text}");
    }
    assert_eq!(errors.len(), cases.len() + 1, "{errors:#?}");
}

/// A file's name is its own even while it does not run: no worker may take it before the
/// file's comes, or after it has gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_s_name_is_nobody_else_s() {
    let hive = hive(&[
        ("parent.wasm", &guest("puppet")),
        ("node.toml", b""),
        ("parent.kid.wasm", b"\0asm"),
        ("other.wasm", &guest("bare")),
        ("other.toml", b"address = [\"parent.alias\"]"),
    ]);
    let settings =
        "[ceiling]\naddresses = [\"parent.alias\"]\n[workers.parent]\ngrants = [\"start-workers\"]";
    fs::write(hive.path().join("node.toml"), settings).unwrap();
    let yard = Yard::of(node(hive.path())).await;
    yard.node.stop_worker("other").await.unwrap();
    for name in ["kid", "alias"] {
        let said = yard.answer("parent", &format!("start parent {name} x; reply")).await;
        assert_eq!(said, format!("StartError::AddressTaken(\"parent.{name}\")"));
    }
    assert_eq!(yard.answer("parent", "start parent free x; reply").await, "parent.free");
    let taken = yard.try_start("parent.kid", guest("bare"), |_| {}).await;
    assert_eq!(taken, Err(StartError::AddressTaken("parent.kid".into())));
    // It is shown with its reason, and cannot be stopped.
    let stopped = yard.node.stop_worker("parent.kid").await;
    assert!(matches!(stopped, Err(StopError::NotRunning { .. })), "{stopped:?}");
    let ended = yard.status("other").unwrap().ended;
    assert_eq!(ended.as_deref(), Some("it was told to stop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_do_not_share_one() {
    let hive = hive(&[]);
    let yard = Yard::of(node(hive.path())).await;
    let second = node(hive.path()).start().await.unwrap_err().to_string();
    assert!(second.contains("a node is already running on"), "{second}");
    assert!(second.contains(&std::process::id().to_string()), "{second}");
    // The first is none the worse for it, and when it is gone there is room.
    yard.node.stop().await;
    drop(yard);
    Yard::of(node(hive.path())).await.node.stop().await;
}

/// Compiled code is kept: the second start finds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_runs_from_the_cache() {
    let hive = hive(&[("bare.wasm", &guest("bare"))]);
    for _ in 0..2 {
        let yard = Yard::of(node(hive.path())).await;
        assert_eq!(yard.answer("bare", "hello").await, "hello");
        let kept = fs::read_dir(hive.path().join("cache")).unwrap().count();
        assert!(kept > 0);
        yard.node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_make_no_sense_keep_the_node_from_starting() {
    let hive = hive(&[]);
    fs::write(hive.path().join("node.toml"), "[node]\ntreads = 2\n").unwrap();
    let error = node(hive.path()).start().await.unwrap_err().to_string();
    assert!(error.contains("node.toml:2") && error.contains("did you mean `threads`?"), "{error}");
}

/// The socket of a node whose path is too long for one lies elsewhere; a node that is killed
/// leaves it there, and the next one clears it away.
#[test]
fn nothing_stays_behind_in_the_temporary_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let sockets = || fs::read_dir(temporary.path()).unwrap().count();
    let run = |home: TempDir| {
        let mut run = skep();
        run.arg("run").arg(home.path()).env("TMPDIR", temporary.path());
        Hive::by(home, run)
    };
    let home = tempfile::Builder::new().prefix(&"h".repeat(100)).tempdir().unwrap();
    furnish(home.path(), "");
    let mut first = run(home);
    assert_eq!(first.done(&["send", "bare", "hello"]), "hello\n");
    first.signal("KILL");
    first.ended();
    assert_eq!(sockets(), 1);
    let home = std::mem::replace(&mut first.home, tempfile::tempdir().unwrap());
    let mut second = run(home);
    assert_eq!(second.done(&["send", "bare", "hello"]), "hello\n");
    assert_eq!(sockets(), 1);
    second.done(&["stop"]);
    assert_eq!(second.ended(), Some(0));
    assert_eq!(sockets(), 0);
}

#[test]
fn without_a_runtime_there_is_no_node() {
    let mut start = Box::pin(Node::builder().start());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = start.as_mut().poll(&mut context) else {
        panic!("it needs a runtime")
    };
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}
