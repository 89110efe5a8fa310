//! What lies in a node's folder when it starts. The node is a second one in the process;
//! the neighbour is on the first.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};

use skep::{Node, Starting};
use skep_tests::binary::section;
use skep_tests::guests::guest;
use skep_tests::process::{Peak, is_shared};
use skep_tests::trial::attack;

use super::refused;

/// A node's folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("workers")).unwrap();
    folder
}

fn put(folder: &Path, name: impl AsRef<OsStr>, bytes: &[u8]) {
    fs::write(folder.join("workers").join(Path::new(name.as_ref())), bytes).unwrap();
}

/// Start a node on a folder and stop it again: who has started, and who has not, and why.
async fn start(folder: &Path) -> (Vec<String>, BTreeMap<String, String>) {
    let told = Arc::new(Mutex::new((Vec::new(), BTreeMap::new())));
    let tell = told.clone();
    let node = Node::builder().threads(1).directory(folder).on_starting(move |step| {
        let mut told = tell.lock().unwrap();
        match step {
            Starting::Done(name) => told.0.push(name.to_owned()),
            Starting::Failed(name, why) => _ = told.1.insert(name.to_owned(), why.to_owned()),
            _ => {}
        }
    });
    let node = node.start().await.unwrap();
    let running = |worker: &&skep::WorkerStatus| worker.state != skep::State::Stopped;
    let workers = node.workers().iter().filter(running).count();
    node.stop().await;
    let mut told = told.lock().unwrap().clone();
    // They start beside each other.
    told.0.sort();
    assert_eq!(workers, told.0.len());
    told
}

#[test]
pub(super) fn g1_3_machine_code() {
    let hive = folder();
    put(hive.path(), "bare.wasm", &guest("bare"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(start(hive.path()));
    drop(runtime);
    let entry = fs::read_dir(hive.path().join("cache")).unwrap().next().unwrap().unwrap();
    // A keyed hash comes first.
    let compiled = fs::read(entry.path()).unwrap().split_off(32);
    assert!(compiled.starts_with(b"\x7fELF"));
    let cases: [(&str, &[u8], &str); 3] = [
        ("g1_3_elf", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0", "is a native program"),
        ("g1_3_pe", b"MZ\x90\0\x03\0\0\0\x04\0\0\0", "is a native program"),
        ("g1_3_cwasm", &compiled, "is precompiled code (`.cwasm`), which is never loaded"),
    ];
    for (name, bytes, words) in cases {
        refused(row!(g1_3_machine_code.txt).as_attack(name), || bytes.to_vec(), words);
    }
}

#[test]
pub(super) fn g1_5_sparse_file() {
    let hive = folder();
    put(hive.path(), "bare.wasm", &guest("bare"));
    let sparse = File::create(hive.path().join("workers/sparse.wasm")).unwrap();
    sparse.set_len(2 << 30).unwrap();
    attack(row!(g1_5_sparse_file.txt), async |trial| {
        // The component beside it is compiled, and the allocator keeps what that took.
        trial.may_leave = 48 << 20;
        let peak = Peak::begin();
        let (started, failed) = trial.beside(async |_| start(hive.path()).await).await;
        let grown = peak.grown();
        assert_eq!(started, ["bare"]);
        assert!(is_shared() || grown < 48 << 20, "{grown} bytes to read it");
        let why = failed["sparse"].rsplit('/').next().unwrap().to_owned();
        assert!(why.contains("sparse.wasm: has more than 33554432 bytes"), "{why}");
        why
    });
}

#[test]
pub(super) fn g1_13_many_files() {
    let hive = folder();
    let row = row!(g1_13_many_files.wat);
    for number in 0_u8..100 {
        let mut module = row.core();
        section(&mut module, 0, &[3, b'n', b'o', b'.', number]);
        put(hive.path(), format!("w{number}.wasm"), &module);
    }
    attack(row, async |trial| {
        let (started, failed) = trial.beside(async |_| start(hive.path()).await).await;
        assert_eq!((started.len(), failed), (100, BTreeMap::new()));
        "all 100 started".into()
    });
}

#[test]
pub(super) fn g1_14_names() {
    let (hive, bare) = (folder(), guest("bare"));
    let row = row!(g1_14_names.txt);
    let names: Vec<_> = row.guest.lines().filter(|line| !line.starts_with('#')).collect();
    for name in &names {
        put(hive.path(), format!("{}.wasm", unescaped(name)), &bare);
    }
    put(hive.path(), "x".repeat(250) + ".wasm", &bare);
    let good = ["also.good-1_0", "good"];
    attack(row, async |trial| {
        let (started, failed) = trial.beside(async |_| start(hive.path()).await).await;
        assert_eq!(started, good);
        // Those that begin with a dot are still being written.
        let dotted = names.iter().filter(|name| name.starts_with('.')).count();
        assert_eq!(failed.len(), names.len() - good.len() - dotted + 1, "{failed:?}");
        let unsafe_ = |c: char| (c.is_control() && c != '\t') || c == '\u{202e}';
        for (name, why) in &failed {
            assert!(!name.contains(unsafe_) && !why.contains(unsafe_), "{why}");
            assert!(why.contains("cannot be the name of"), "{why}");
        }
        failed["app"].rsplit('/').next().unwrap().into()
    });
}

/// A name as Rust writes it.
fn unescaped(text: &str) -> String {
    let mut name = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        name.push_str(before);
        rest = match escape.strip_prefix("u{").and_then(|code| code.split_once('}')) {
            Some((code, after)) => {
                name.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
                after
            }
            None => {
                name.push(if escape.starts_with('t') { '\t' } else { '\n' });
                &escape[1..]
            }
        };
    }
    name + rest
}
