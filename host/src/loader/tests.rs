//! Folders with everything in them that may be there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::*;
use crate::config::NodeConfig;

fn hive(files: &[(&str, &str)]) -> TempDir {
    let home = TempDir::new().expect("a folder");
    for (name, text) in files {
        fs::write(home.path().join(name), text).expect("it is written");
    }
    home
}

fn found(home: &TempDir, node: &str) -> Vec<Found> {
    let node = NodeConfig::parse(node, "node.toml").expect("settings");
    scan(home.path(), &node).expect("what is there")
}

/// `name file` of a worker that may start, `name: error` of one that may not.
fn told(home: &TempDir, node: &str) -> Vec<String> {
    let show = |found: &Found| match &found.options {
        Ok(_) => format!("{} {}", found.name, found.path.file_name().expect("a name").display()),
        Err(error) => format!("{}: {error}", found.name),
    };
    found(home, node).iter().map(show).collect()
}

#[test]
fn components_and_their_manifests_are_paired() {
    let home = hive(&[
        ("echoer.wasm", "code"),
        ("a.b.wasm", ""),
        ("other.toml", "component = \"echoer\""),
        ("echoer.toml", "args = \"x\""),
        (".hidden.wasm", ""),
        ("new.wasm.tmp", ""),
        ("echoer.wasm~", ""),
        (".x.swp", ""),
        ("README.md", ""),
    ]);
    let third = "[workers.third]\ncomponent = \"echoer\"\n[workers.\"a.b\"]\nargs = \"y\"";
    let workers = told(&home, third);
    assert_eq!(
        workers,
        ["a.b a.b.wasm", "echoer echoer.wasm", "other echoer.wasm", "third echoer.wasm"]
    );
    let workers = found(&home, third);
    let args: Vec<_> =
        workers.iter().map(|found| found.options.as_ref().expect("options").args.clone()).collect();
    assert_eq!(args, [&b"y"[..], b"x", b"", b""]);
    assert_eq!(workers[2].read(32 << 20).expect("its bytes"), b"code");
}

#[test]
fn what_is_wrong_with_one_worker_is_said_of_it_alone() {
    let home = hive(&[
        ("Echoer.wasm", ""),
        ("good.wasm", ""),
        ("app.wasm", ""),
        ("lost.toml", ""),
        ("bad.toml", "argz = 1"),
        ("bad.wasm", ""),
        ("greedy.wasm", ""),
        ("greedy.toml", "grants = [\"stop-node\"]"),
        ("twice.wasm", ""),
        ("twice.toml", ""),
    ]);
    fs::write(home.path().join("binary.wasm"), "").expect("written");
    fs::write(home.path().join("binary.toml"), b"\xff").expect("written");
    let workers = told(&home, "[workers.twice]");
    let is = |at: usize, begin: &str, words: &str| {
        assert!(workers[at].starts_with(begin) && workers[at].contains(words), "{}", workers[at]);
    };
    assert_eq!(workers.len(), 8);
    is(0, "Echoer: ", "names are a-z, 0-9");
    is(1, "app: ", "it is the program that the node runs in");
    is(2, "bad: ", "bad.toml:1: unknown key `argz`");
    is(3, "binary: ", "binary.toml: is not UTF-8 text");
    is(4, "good good.wasm", "");
    is(5, "greedy: ", "[ceiling]\ngrants = [\"stop-node\"]");
    is(6, "lost: ", "there is no component");
    is(7, "twice: node.toml [workers.twice] and ", "are both manifests of this worker");
}

#[test]
fn only_regular_files_are_read() {
    let home = hive(&[("real", "code"), ("big.wasm", ""), ("swapped.wasm", "")]);
    let at = |name: &str| home.path().join(name);
    symlink(at("real"), at("link.wasm")).expect("a link");
    symlink(at("nowhere"), at("dangling.wasm")).expect("a link");
    fs::create_dir(at("folder.wasm")).expect("a folder");
    mknodat(CWD, at("pipe.wasm"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    let socket = std::os::unix::net::UnixListener::bind(at("socket.wasm")).expect("a socket");
    let workers = found(&home, "");
    for found in &workers {
        let good = ["big", "swapped"].contains(&found.name.as_str());
        assert_eq!(found.options.is_ok(), good, "{}", found.name);
        // Even if it became one only after the folder was listed.
        let read = found.read(32 << 20).map_err(|error| error.to_string());
        assert!(
            good || read.is_err_and(|error| error.contains("not a regular file")),
            "{}",
            found.name
        );
    }
    assert_eq!(workers.len(), 7);
    drop(socket);
    let big = fs::File::options().write(true).open(at("big.wasm")).expect("a file");
    big.set_len(2 << 30).expect("a sparse file");
    let error = workers[0].read(32 << 20).expect_err("too large").to_string();
    assert!(error.contains("has more than 33554432 bytes"), "{error}");
    symlink(at("real"), at("link.toml")).expect("a link");
    assert!(
        told(&home, "").iter().any(|worker| worker.contains("link.toml: is not a regular file"))
    );
}

#[test]
fn names_that_are_no_text_are_escaped() {
    use std::os::unix::ffi::OsStrExt;
    let home = hive(&[]);
    for name in [&b"\x1b[31m\n.wasm"[..], b"\xff.toml", &[b'a'; 200]] {
        let name = [name, b".wasm"].concat();
        fs::write(home.path().join(std::ffi::OsStr::from_bytes(&name)), "").expect("written");
    }
    let workers = told(&home, "");
    assert_eq!(workers.len(), 3);
    assert!(!workers.concat().contains(char::is_control), "{workers:?}");
}

#[test]
fn the_directory_is_made_with_the_right_modes() {
    let home = TempDir::new().expect("a folder");
    let nowhere = Directory::at(&home.path().join("a/hive")).create().expect_err("no parent");
    assert!(nowhere.to_string().contains("/a: make that first"), "{nowhere}");
    assert!(!home.path().join("a").exists());
    let directory = Directory::at(&home.path().join("hive"));
    directory.create().expect("it is made");
    let mode = |path: &Path| fs::metadata(path).expect("a folder").permissions().mode() & 0o077;
    let own = [directory.state(), directory.cache(), directory.run()];
    assert!(own.iter().all(|path| mode(path) == 0));
    fs::set_permissions(directory.run(), fs::Permissions::from_mode(0o755)).expect("set");
    directory.create().expect("it is there");
    assert_eq!(mode(&directory.run()), 0);
    assert!(directory.workers().is_dir() && directory.logs().is_dir());
    assert_eq!(directory.config().expect("defaults").threads(), None);
    fs::write(directory.root().join("node.toml"), "\n[nodes]").expect("written");
    let error = directory.config().expect_err("wrong").to_string();
    assert!(error.contains("node.toml:2: ") && error.contains("did you mean `node`?"), "{error}");

    fs::write(home.path().join("file"), "").expect("written");
    let error = Directory::at(&home.path().join("file")).create().expect_err("a file").to_string();
    assert!(error.contains("file: cannot be made, since a file is in its way"), "{error}");
}

#[test]
fn one_directory_is_for_one_node() {
    let home = TempDir::new().expect("a folder");
    let directory = Directory::at(home.path());
    directory.create().expect("it is made");
    let lock = directory.lock().expect("it is free");
    let error = directory.lock().expect_err("it is taken").to_string();
    let who = format!(
        "a node is already running on {} (pid {})",
        home.path().display(),
        std::process::id()
    );
    assert!(error.starts_with(&who), "{error}");
    drop(lock);
    directory.lock().expect("it is free again");
}
