//! `skep deploy`: files come into a directory whole, or not at all.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use skep::offline::{News, What, watch};
use skep_tests::guests::{component, handler, module};
use skep_tests::wait::soon;
use tempfile::TempDir;

use crate::hive::{failed, skep};

/// A folder to work in; the node's directory is in it, and not made yet.
struct Bench {
    home: TempDir,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let home = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(home.path().join(name), bytes).unwrap();
        }
        Self { home }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.home.path().join(file)
    }

    fn hive(&self) -> PathBuf {
        self.path("hive")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = skep();
        command.current_dir(self.home.path()).arg("deploy").args(arguments);
        command.output().unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32, words: &[&str]) {
        failed(&self.run(arguments), code, words);
    }

    /// What lies in `workers/`, hidden files too.
    fn workers(&self) -> Vec<String> {
        let entries = fs::read_dir(self.hive().join("workers")).into_iter().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn good() -> Vec<u8> {
    handler("", "i32.const 0")
}

fn other() -> Vec<u8> {
    handler("(data (i32.const 2048) \"other\")", "i32.const 0")
}

#[test]
fn a_component_comes_into_a_directory() {
    let bench = Bench::new(&[("echoer.wasm", &good()), ("v2.wasm", &other())]);
    let output = bench.run(&["echoer.wasm"]);
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(
        note.contains("no node is running on hive") && note.contains("skep run hive"),
        "{note}"
    );
    let said = String::from_utf8(output.stdout).unwrap();
    let digest = "digest ";
    let put = "made the directory hive\nechoer: put into hive/workers/echoer.wasm (";
    assert!(said.starts_with(put), "{said}");
    assert!(said.contains(digest), "{said}");
    assert_eq!(bench.workers(), ["echoer.wasm"]);
    let placed = bench.hive().join("workers/echoer.wasm");
    assert_eq!(fs::read(&placed).unwrap(), good());
    assert_eq!(fs::metadata(&placed).unwrap().permissions().mode() & 0o133, 0);

    assert!(bench.done(&["echoer.wasm"]).contains("is the same already"));
    let said = bench.done(&["v2.wasm", "--as", "echoer"]);
    assert!(said.starts_with("echoer: replaced hive/workers/echoer.wasm"), "{said}");
    assert_eq!(fs::read(&placed).unwrap(), other());

    // Whatever bears the name gives way; what a link leads to stays as it is.
    fs::remove_file(&placed).unwrap();
    symlink(bench.path("v2.wasm"), &placed).unwrap();
    bench.done(&["echoer.wasm"]);
    assert!(fs::symlink_metadata(&placed).unwrap().is_file());
    assert_eq!(fs::read(bench.path("v2.wasm")).unwrap(), other());
    // Links are for whoever names them.
    symlink("v2.wasm", bench.path("link.wasm")).unwrap();
    bench.done(&["link.wasm"]);
    assert_eq!(fs::read(bench.hive().join("workers/link.wasm")).unwrap(), other());
}

#[test]
fn what_a_node_would_refuse_is_not_put_there() {
    let foreign = component(
        &module("(import \"test:guest/foreign@1.0.0\" \"f\" (func $f))", "", "call $f i32.const 0"),
        "package test:guest@1.0.0; interface foreign { f: func(); } \
         world guest { import foreign; export skep:worker/handler@0.1.0; }",
        &[],
    );
    // It can be read, and cannot be compiled.
    let mut invalid = good();
    let at = invalid.windows(2).position(|window| window == [0x41, 0]).unwrap();
    invalid[at] = 0x42;
    let good = good();
    let files: [(&str, &[u8], &str); 7] = [
        ("half.wasm", &good[..good.len() - 1], "ends too early"),
        ("text.wasm", b"(component)", "is WebAssembly text"),
        ("elf.wasm", b"\x7fELF\x02\x01\x01", "is a native program"),
        ("core.wasm", b"\0asm\x01\0\0\0", "is a core module that does not export"),
        ("foreign.wasm", &foreign, "imports what this node does not offer"),
        ("invalid.wasm", &invalid, "does not compile"),
        ("empty.wasm", b"", "is empty"),
    ];
    let bench = Bench::new(&files.map(|(name, bytes, _)| (name, bytes)));
    for (name, _, words) in files {
        bench.fails(&[name], 1, &[&format!("error: {name} "), words]);
    }
    bench.fails(&["nowhere.wasm"], 1, &["nowhere.wasm: cannot be read"]);
    fs::create_dir(bench.path("folder.wasm")).unwrap();
    bench.fails(&["folder.wasm"], 1, &["is not a regular file"]);
    assert!(Command::new("mkfifo").arg(bench.path("pipe.wasm")).status().unwrap().success());
    bench.fails(&["pipe.wasm"], 1, &["is not a regular file"]);
    assert!(!bench.hive().exists());
    // One that is there stays.
    fs::write(bench.path("x.wasm"), &good).unwrap();
    bench.done(&["x.wasm"]);
    bench.fails(&["half.wasm", "--as", "x"], 1, &["ends too early"]);
    assert_eq!(fs::read(bench.hive().join("workers/x.wasm")).unwrap(), good);
    assert_eq!(bench.workers(), ["x.wasm"]);
}

#[test]
fn names_that_cannot_be_are_refused() {
    let bench = Bench::new(&[("My Worker.wasm", &good())]);
    bench.fails(&["My Worker.wasm"], 2, &["\"My Worker\" cannot be the name", "--as NAME"]);
    for name in ["../x", "", ".x", "app", "x/y", &"x".repeat(65)] {
        bench.fails(&["My Worker.wasm", "--as", name], 2, &["cannot be the name"]);
    }
    assert!(!bench.hive().exists());
    bench.done(&["My Worker.wasm", "--as", "my-worker"]);
    assert_eq!(bench.workers(), ["my-worker.wasm"]);
}

#[test]
fn a_manifest_comes_with_it_and_is_checked_first() {
    let bench = Bench::new(&[
        ("x.wasm", &good()),
        ("good.toml", b"args = \"a\"\nlimits = { fuel = 1000 }"),
        ("typo.toml", b"argz = \"a\""),
        ("greedy.toml", b"grants = [\"stop-node\"]"),
        ("small.toml", b"limits = { memory = \"1KiB\" }"),
        ("other.toml", b"component = \"y\""),
    ]);
    let fails = |manifest: &str, words: &[&str]| {
        bench.fails(&["x.wasm", "--manifest", manifest], 1, words);
    };
    fails("typo.toml", &["typo.toml:1", "did you mean `args`?"]);
    fails("greedy.toml", &["greedy.toml asks for the grant `stop-node`", "[ceiling]"]);
    fails("small.toml", &["x.wasm needs 65536 bytes of memory"]);
    fails("other.toml", &["other.toml: says that `x` runs the component `y`"]);
    fails("nowhere.toml", &["nowhere.toml: cannot be read"]);
    assert!(!bench.hive().exists());

    let said = bench.done(&["x.wasm", "--manifest", "good.toml"]);
    assert!(said.contains("x: put into hive/workers/x.toml"), "{said}");
    assert_eq!(bench.workers(), ["x.toml", "x.wasm"]);
    let placed = bench.hive().join("workers/x.toml");
    assert_eq!(fs::read(&placed).unwrap(), fs::read(bench.path("good.toml")).unwrap());
    assert_eq!(bench.done(&["x.wasm", "--manifest", "good.toml"]).matches("the same").count(), 2);

    // What lies there already counts, and so does node.toml.
    fs::copy(bench.path("small.toml"), &placed).unwrap();
    bench.fails(&["x.wasm"], 1, &["needs 65536 bytes of memory"]);
    fs::remove_file(&placed).unwrap();
    fs::write(bench.hive().join("node.toml"), "[workers.x]\ncomponent = \"y\"").unwrap();
    bench.fails(&["x.wasm"], 1, &["node.toml [workers.x]: says that `x` runs"]);
    let two = ["x.wasm", "--manifest", "good.toml"];
    bench.fails(&two, 1, &["are both manifests of this worker"]);
    fs::write(bench.hive().join("node.toml"), "[ceiling]\ngrants = [\"stop-node\"]").unwrap();
    bench.done(&["x.wasm", "--manifest", "greedy.toml"]);
    fs::write(bench.hive().join("node.toml"), "[nodes]").unwrap();
    bench.fails(&["x.wasm"], 1, &["node.toml:1"]);
}

/// Whoever watches the directory sees one change, with both files.
#[tokio::test]
async fn a_deployment_is_one_change() {
    let bench = Bench::new(&[
        ("x.wasm", &good()),
        ("v2.wasm", &other()),
        ("1.toml", b"args = \"1\""),
        ("2.toml", b"args = \"2\""),
    ]);
    bench.done(&["x.wasm", "--manifest", "1.toml"]);
    let mut watcher = watch(&bench.hive()).unwrap();
    let mut args = Vec::new();
    while args.len() < 2 {
        match soon("news", watcher.next()).await.unwrap() {
            News::Change(change) => match change.what {
                What::Added(Ok(wanted)) | What::Changed(Ok(wanted)) => {
                    let component = wanted.read().unwrap();
                    args.push((component == other(), wanted.options.args));
                }
                other => panic!("{other:?}"),
            },
            News::CaughtUp => {
                bench.done(&["v2.wasm", "--as", "x", "--manifest", "2.toml"]);
            }
            _ => {}
        }
    }
    assert_eq!(args, [(false, b"1".to_vec()), (true, b"2".to_vec())]);
}

/// Nothing is left behind of what cannot be finished.
#[test]
fn what_cannot_be_written_leaves_nothing() {
    let bench = Bench::new(&[("x.wasm", &good()), ("1.toml", b"args = \"1\"")]);
    fs::create_dir_all(bench.hive().join("workers/x.wasm/full")).unwrap();
    let with = ["x.wasm", "--manifest", "1.toml"];
    bench.fails(&with, 1, &["x.wasm: cannot be written: Is a directory"]);
    assert_eq!(bench.workers(), ["x.wasm"]);
    fs::create_dir(bench.path("odd")).unwrap();
    fs::write(bench.path("odd/workers"), "").unwrap();
    bench.fails(&["x.wasm", "--dir", "odd"], 1, &["odd/workers: cannot be read"]);
}

/// With a node that runs, the command does the same, and says nothing of starting one.
#[test]
fn a_node_may_be_running() {
    let bench = Bench::new(&[("x.wasm", &good())]);
    let mut node = run(&bench.hive());
    let output = bench.run(&["x.wasm"]);
    let ended = stop(&bench.hive());
    node.wait().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
    assert!(ended.success());
    assert_eq!(bench.workers(), ["x.wasm"]);
}

fn run(hive: &Path) -> std::process::Child {
    let mut node = skep().arg("run").arg(hive).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(node.stdout.as_mut().unwrap()).lines();
    let ready = |line: std::io::Result<String>| line.unwrap().starts_with("ready: ");
    assert!(lines.any(ready), "it does not start");
    node
}

fn stop(hive: &Path) -> std::process::ExitStatus {
    skep().arg("--dir").arg(hive).arg("stop").stdout(Stdio::null()).status().unwrap()
}
