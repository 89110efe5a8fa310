//! A directory that is watched, and what is told of it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use skep::offline::{Change, News, Receipt, Wanted, Watcher, What, watch};
use skep_tests::guests::handler;
use skep_tests::wait::soon;
use tempfile::TempDir;

/// A worker that does nothing, and bears a label by which it is known again.
pub(super) fn labelled(label: &str) -> Vec<u8> {
    handler(&format!("(data (i32.const 2048) \"label:{label};\")"), "i32.const 0")
}

pub(super) fn label(component: &[u8]) -> String {
    let text = String::from_utf8_lossy(component);
    let label = text.split("label:").nth(1).and_then(|rest| rest.split(';').next());
    label.unwrap_or("?").to_owned()
}

/// A directory that is watched.
pub(super) struct Watched {
    pub(super) home: TempDir,
    pub(super) watcher: Watcher,
    sentinels: usize,
}

impl Watched {
    /// Watches a directory in which these components lie, each under its label.
    pub(super) async fn with(names: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("workers")).unwrap();
        for name in names {
            fs::write(home.path().join(format!("workers/{name}.wasm")), labelled(name)).unwrap();
        }
        let mut watched = Self::on(home);
        let News::Found(count) = watched.news().await else { panic!("the count comes first") };
        assert_eq!(count, names.len());
        let mut begun = Vec::new();
        loop {
            match watched.news().await {
                News::Change(change) => begun.push(told(*change)),
                News::CaughtUp => break,
                other => panic!("{other:?}"),
            }
        }
        let all: Vec<_> = names.iter().map(|name| format!("+ {name} {name}")).collect();
        assert_eq!(begun, all);
        watched
    }

    pub(super) fn on(home: TempDir) -> Self {
        let watcher = watch(home.path()).unwrap();
        Self { home, watcher, sentinels: 0 }
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.home.path().join("workers").join(file)
    }

    pub(super) fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(file), bytes).unwrap();
    }

    pub(super) async fn news(&mut self) -> News {
        soon("news", self.watcher.next()).await.expect("a watcher that watches")
    }

    pub(super) async fn change(&mut self) -> Change {
        match self.news().await {
            News::Change(change) => *change,
            other => panic!("{other:?}"),
        }
    }

    /// The next change, dealt with.
    pub(super) async fn told(&mut self) -> String {
        told(self.change().await)
    }

    pub(super) async fn warning(&mut self, words: &str) {
        match self.news().await {
            News::Warning(text) => assert!(text.contains(words), "{text}"),
            other => panic!("{other:?}"),
        }
    }

    /// Changes are told sooner than the folder is looked through without them.
    pub(super) async fn hears(&mut self) {
        let mut least = Duration::MAX;
        for number in 0..5 {
            let began = Instant::now();
            self.write("heard.wasm", labelled(&number.to_string()));
            self.told().await;
            least = least.min(began.elapsed());
        }
        fs::remove_file(self.path("heard.wasm")).unwrap();
        assert_eq!(self.told().await, "- heard");
        assert!(least < Duration::from_millis(1_500), "at best {least:?}");
    }

    /// Nothing is told of what was done so far: a change made now comes first.
    pub(super) async fn nothing(&mut self) {
        self.sentinels += 1;
        let name = format!("sentinel-{}", self.sentinels);
        self.write(&format!("{name}.wasm"), labelled("x"));
        assert_eq!(self.told().await, format!("+ {name} x"));
    }
}

/// A change in words: `+` begun, `~` replaced, `-` ended; with the component's label and the
/// arguments, or why not.
pub(super) fn told(change: Change) -> String {
    let (sign, wanted) = match change.what {
        What::Added(wanted) => ('+', wanted),
        What::Changed(wanted) => ('~', wanted),
        What::Removed => return format!("- {}", change.worker),
    };
    let what = match wanted {
        Ok(wanted) => {
            let args = String::from_utf8(wanted.options.args.clone()).unwrap();
            format!("{} {args}", label(&wanted.read().unwrap()))
        }
        Err(why) => format!("! {why}"),
    };
    format!("{sign} {} {what}", change.worker).trim_end().to_owned()
}

pub(super) fn wanted(change: Change) -> (Wanted, Receipt) {
    match change.what {
        What::Added(Ok(wanted)) | What::Changed(Ok(wanted)) => (wanted, change.receipt),
        other => panic!("{other:?}"),
    }
}
