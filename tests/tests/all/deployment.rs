//! A directory is the deployment: what comes into it, is replaced there, and goes.

use std::fs;
use std::path::{Path, PathBuf};

use skep::{Brought, Node, State};
use skep_tests::guests::{guest, handler};
use skep_tests::wait::{soon, until};
use skep_tests::{Yard, logs};
use tempfile::TempDir;

struct Hive {
    home: TempDir,
    yard: Yard,
}

impl Hive {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With this in its `node.toml`.
    async fn with(settings: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("node.toml"), settings).unwrap();
        let yard = Yard::alone(Node::builder().threads(2).directory(home.path())).await;
        Self { home, yard }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("workers").join(name)
    }

    /// As `skep deploy` does it.
    fn put(&self, name: &str, bytes: &[u8]) {
        let aside = self.file(&format!(".{name}.new"));
        fs::write(&aside, bytes).unwrap();
        fs::rename(&aside, self.file(name)).unwrap();
    }

    async fn generation(&self, worker: &str, number: u32) {
        let look = || self.yard.status(worker).filter(|each| each.generation == number);
        until(&format!("generation {number} of {worker}"), look).await;
    }

    async fn logged(&self, words: &str) {
        let look = || logs::lines().into_iter().find(|line| line.text.contains(words));
        until(&format!("a line: {words}"), look).await;
    }
}

fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(std::time::SystemTime::now()).unwrap();
}

/// Dropped in, replaced, taken out.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_s_life() {
    let hive = Hive::new().await;
    let yard = &hive.yard;
    hive.put("k.wasm", &guest("keeper"));
    yard.until_state("k", State::Idle).await;
    yard.answer("k", "set kept; reply").await;
    // Another manifest is another generation, and so is another component.
    hive.put("k.toml", b"[config]\nv = \"2\"\n");
    hive.generation("k", 2).await;
    assert_eq!(
        yard.answer("k", "config v; state; birth; reply").await,
        "Some(\"2\")\nkept\nreload"
    );
    hive.put("k.wasm", &[guest("keeper"), b"\0\x02\x01x".to_vec()].concat());
    hive.generation("k", 3).await;
    assert_eq!(yard.answer("k", "config v; state; reply").await, "Some(\"2\")\nkept");
    // The same bytes once more, and a newer time stamp, are nothing new.
    touch(&hive.file("k.wasm"));
    hive.put("other.wasm", &guest("bare"));
    until("the other", || yard.status("other")).await;
    assert_eq!(yard.status("k").unwrap().generation, 3);
    // Gone, with what it had saved; its name is free, and a new one begins anew.
    fs::remove_file(hive.file("k.wasm")).unwrap();
    fs::remove_file(hive.file("k.toml")).unwrap();
    until("it is gone", || yard.status("k").is_none().then_some(())).await;
    hive.put("k.wasm", &guest("keeper"));
    until("it is back", || yard.status("k")).await;
    assert_eq!(yard.answer("k", "birth; state; reply").await, "first\n");
}

/// A bad file changes nothing for the worker that runs, and the next good one counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_changes_nothing() {
    let hive = Hive::new().await;
    let yard = &hive.yard;
    hive.put("w.wasm", &guest("puppet"));
    until("it runs", || yard.status("w")).await;
    let bad: [(&[u8], &str); 2] = [
        (b"(component)", "w.wasm is WebAssembly text"),
        (b"\x7fELF\x02\x01\x01", "w.wasm is a native program"),
    ];
    for (bytes, words) in bad {
        hive.put("w.wasm", bytes);
        hive.logged(words).await;
        assert_eq!(yard.answer("w", "reply alive").await, "alive");
        let status = yard.status("w").unwrap();
        assert_eq!(status.generation, 1);
        assert!(status.refused.is_some_and(|why| why.contains(words)));
    }
    hive.put("w.toml", b"limit = 1");
    hive.logged("did you mean `limits`?").await;
    assert_eq!(yard.answer("w", "reply alive").await, "alive");
    fs::remove_file(hive.file("w.toml")).unwrap();
    hive.put("w.wasm", &handler("", "i32.const 0"));
    hive.generation("w", 2).await;
    until("it is as its file asks", || yard.status("w").filter(|w| w.refused.is_none())).await;
}

/// One component, several workers: all of them are replaced with it.
#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_component_is_replaced_with_it() {
    let hive = Hive::new().await;
    hive.put("base.wasm", &guest("puppet"));
    for name in ["a", "b"] {
        hive.put(&format!("{name}.toml"), b"component = \"base\"\n");
        until(name, || hive.yard.status(name)).await;
    }
    hive.put("base.wasm", &[guest("puppet"), b"\0\x02\x01x".to_vec()].concat());
    for name in ["base", "a", "b"] {
        hive.generation(name, 2).await;
    }
}

/// Asked for, it comes about at once, and says what it came to.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_on_demand() {
    let hive = Hive::new().await;
    let node = &hive.yard.node;
    let reload = |name: &'static str| async move { soon("a reload", node.reload(name)).await };
    let none = reload("w").await.unwrap_err();
    assert!(none.contains("has no files for `w`"), "{none}");
    hive.put("w.wasm", &guest("puppet"));
    // The watcher may have seen it first.
    assert!(matches!(reload("w").await, Ok(Brought::Started | Brought::Same(1))));
    assert_eq!(reload("w").await, Ok(Brought::Same(1)));
    hive.put("w.toml", b"[config]\nv = \"2\"\n");
    assert!(matches!(reload("w").await, Ok(Brought::Reloaded(2) | Brought::Same(2))));
    // What was stopped is started.
    node.stop_worker("w").await.unwrap();
    assert_eq!(reload("w").await, Ok(Brought::Started));
    assert_eq!(hive.yard.answer("w", "config v; reply").await, "Some(\"2\")");
    hive.put("w.wasm", b"\0asm");
    let bad = reload("w").await.unwrap_err();
    assert!(bad.contains("w.wasm ends too early"), "{bad}");
    assert_eq!(node.files(), ["w"]);
}

/// `node.toml` has manifests and the ceiling: what is written there while the node runs
/// counts, and what is wrong there changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_node_s_own_file_is_followed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("node.toml");
    fs::create_dir(home.path().join("workers")).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        fs::write(home.path().join("workers").join(name), bytes).unwrap()
    };
    put("w.wasm", &guest("puppet"));
    put("greedy.wasm", &guest("puppet"));
    put("greedy.toml", b"grants = [\"stop-node\"]");
    let yard = Yard::of(Node::builder().threads(2).directory(home.path())).await;
    assert_eq!(yard.answer("w", "config key; reply").await, "None");
    assert_eq!(yard.status("greedy").unwrap().state, State::Stopped);
    fs::write(&file, "[ceiling]\ngrants = [\"stop-node\"]\n[workers.w.config]\nkey = \"1\"\n")
        .unwrap();
    let is = async |value: &str| {
        while yard.answer("w", "config key; reply").await != value {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    soon("the table counts", is("Some(\"1\")")).await;
    yard.until_state("greedy", State::Asleep).await;
    fs::write(&file, "[workers.w.config]\nkey = 2\n").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    is("Some(\"1\")").await;
    fs::remove_file(&file).unwrap();
    soon("there is no table", is("None")).await;
}

/// Who was refused for what another had is tried again once that is gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_stood_in_the_way_is_looked_at_again() {
    let hive = Hive::with("[ceiling]\naddresses = [\"x1\"]").await;
    hive.put("a1.toml", b"address = [\"x1\"]");
    hive.put("a1.wasm", &guest("puppet"));
    let yard = &hive.yard;
    yard.until_state("a1", State::Asleep).await;
    hive.put("a2.toml", b"address = [\"x1\"]");
    hive.put("a2.wasm", &guest("puppet"));
    let why =
        until("it is refused", || yard.status("a2")?.refused.or(yard.status("a2")?.ended)).await;
    assert!(why.contains("the address `x1` is taken"), "{why}");
    hive.put("a1.toml", b"");
    yard.until_state("a2", State::Asleep).await;
    assert_eq!(yard.answer("x1", "recipient; reply").await, "x1");
}

/// A file's name is its worker's, also while that one does not run.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_s_name_is_nobody_else_s() {
    let hive = Hive::with("[ceiling]\naddresses = [\"k\"]").await;
    hive.put("k.wasm", &guest("puppet"));
    let yard = &hive.yard;
    yard.until_state("k", State::Asleep).await;
    yard.node.stop_worker("k").await.unwrap();
    hive.put("v.toml", b"component = \"k\"\naddress = [\"k\"]");
    let why = until("it is refused", || yard.status("v")?.ended).await;
    assert!(why.contains("the address `k` is taken"), "{why}");
}

/// What was rolled back by hand is not taken again before the files change.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_stays_so() {
    let hive = Hive::new().await;
    let yard = &hive.yard;
    hive.put("k.wasm", &guest("keeper"));
    yard.until_state("k", State::Idle).await;
    hive.put("k.toml", b"[config]\nv = \"2\"");
    assert_eq!(yard.node.reload("k").await, Ok(Brought::Reloaded(2)));
    assert_eq!(yard.node.roll_back("k").await, Ok(1));
    // What comes later is told later: by then the change before it was told, too.
    hive.put("z.wasm", &guest("puppet"));
    yard.until_state("z", State::Asleep).await;
    assert_eq!(yard.status("k").unwrap().generation, 1);
    hive.put("k.toml", b"[config]\nv = \"3\"");
    hive.generation("k", 3).await;
}
