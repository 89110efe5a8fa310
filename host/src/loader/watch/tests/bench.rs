//! A disk, a clock and a node, all of them pretended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

use crate::config::{Manifest, NodeConfig, WorkerName};
use crate::loader::listing::{Listing, Look};
use crate::loader::names::{FileName, Kind, Named, named};
use crate::loader::pairs::Pairing;
use crate::loader::stamp::Stamp;
use crate::loader::text::Text;
use crate::loader::watch::bell::Answer;
use crate::loader::watch::deliveries::Deliveries;
use crate::loader::watch::pace::Pace;
use crate::loader::watch::shelf::{Content, Due, Reading, Shelf};
use crate::loader::watch::snapshot::{Difference, Snapshot};
use crate::loader::{LoadError, Pinned};

/// The step of the clock, in milliseconds.
const STEP: u64 = 10;

/// A file: what it shows, when that last changed, and what it holds. A component that ends in
/// `<` is incomplete; what has no stamp is no regular file.
#[derive(Clone)]
struct File {
    stamp: Option<Stamp>,
    at: u64,
    text: String,
}

/// A disk that is only pretended.
#[derive(Default)]
pub(super) struct Disk {
    files: BTreeMap<String, File>,
    inodes: u64,
    is_broken: bool,
}

impl Disk {
    fn put(&mut self, name: &str, text: &str, at: u64) {
        self.inodes += 1;
        let stamp = Stamp::forged(self.inodes, text.len() as u64, 7, at.cast_signed());
        let stamp = Some(stamp);
        self.files.insert(name.into(), File { stamp, at, text: text.into() });
    }

    /// A file from before the clock began.
    pub(super) fn old(&mut self, name: &str, text: &str) {
        self.put(name, text, 0);
    }

    fn file(&mut self, name: &str) -> &mut File {
        self.files.get_mut(name).expect("a file")
    }

    pub(super) fn touch(&mut self, name: &str, second: i64) {
        let file = self.file(name);
        let (size, at) = (file.text.len() as u64, file.at.cast_signed());
        file.stamp = Some(Stamp::forged(1, size, second, at));
    }

    /// Other bytes, of which nothing tells.
    pub(super) fn overwrite_unseen(&mut self, name: &str, text: &str) {
        self.file(name).text = text.into();
    }

    pub(super) fn special(&mut self, name: &str) {
        self.file(name).stamp = None;
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.files.remove(name);
    }

    pub(super) fn break_reads(&mut self, is_broken: bool) {
        self.is_broken = is_broken;
    }

    fn list(&self) -> Listing {
        let mut listing = Listing::default();
        for (name, file) in &self.files {
            match named(name.as_bytes()) {
                Some(Named::Worker(name)) => {
                    let look = file.stamp.map_or(Look::Special, Look::File);
                    listing.files.insert(name, look);
                }
                Some(Named::Refused { name: text, why }) => {
                    let error = LoadError::Name { path: name.into(), source: why };
                    listing.refused.insert(text, error);
                }
                None => {}
            }
        }
        listing
    }

    fn read(&self, due: &Due, now: u64) -> Result<Reading, LoadError> {
        let name = due.name.to_string();
        let path = std::path::Path::new(&name);
        if self.is_broken {
            return Err(LoadError::unreadable(path, io::Error::from_raw_os_error(5)));
        }
        let absent = || LoadError::unreadable(path, io::ErrorKind::NotFound.into());
        let file = self.files.get(&name).ok_or_else(absent)?;
        let stamp = file.stamp.ok_or_else(|| LoadError::NotAFile { path: path.into() })?;
        let (bytes, digest) = (file.text.len() as u64, blake3::hash(file.text.as_bytes()));
        let content = match due.name.kind {
            Kind::Manifest => {
                let manifest = Manifest::parse(&file.text, &name)?;
                Content::Manifest(Arc::new(Text { digest, bytes, manifest }))
            }
            Kind::Component => {
                Content::Component { digest, unfinished: file.text.ends_with('<') && !due.as_it_is }
            }
        };
        Ok(Reading { stamp, is_fresh: now - file.at < 2_000, content })
    }
}

/// A watcher without threads, files and time of its own.
pub(super) struct Bench {
    pub(super) disk: Disk,
    /// Whether each change is answered as it is told.
    pub(super) answers: bool,
    /// How often a file was read, since the last write.
    pub(super) reads: usize,
    shelf: Shelf,
    deliveries: Deliveries,
    pairing: Pairing,
    node: NodeConfig,
    texts: HashMap<blake3::Hash, String>,
    home: TempDir,
    start: Instant,
    /// Milliseconds; far from nought, so that there is a time before.
    now: u64,
}

impl Bench {
    pub(super) fn new(node: &str) -> Self {
        let node = NodeConfig::parse(node, "node.toml").expect("settings");
        let home = TempDir::new().expect("a folder");
        let folder = Arc::new(Pinned::open(home.path()).expect("a folder"));
        Self {
            disk: Disk::default(),
            answers: true,
            reads: 0,
            shelf: Shelf::new(folder, Pace::default()),
            deliveries: Deliveries::new(Pace::default()),
            pairing: Pairing::new(&node),
            node,
            texts: HashMap::new(),
            home,
            start: Instant::now(),
            now: 1_000_000,
        }
    }

    pub(super) fn write(&mut self, name: &str, text: &str) {
        self.reads = 0;
        self.texts.insert(blake3::hash(text.as_bytes()), text.into());
        self.disk.put(name, text, self.now);
    }

    /// The folder is another one from now on.
    pub(super) fn move_folder(&mut self) {
        let folder = Arc::new(Pinned::open(self.home.path()).expect("a folder"));
        self.shelf.move_to(folder, self.instant());
    }

    pub(super) fn touch_if_there(&mut self, name: &str) {
        let now = self.now;
        if let Some(file) = self.disk.files.get(name).cloned() {
            self.disk.put(name, &file.text, now);
        }
    }

    fn instant(&self) -> Instant {
        self.start + Duration::from_millis(self.now)
    }

    /// Lets so many milliseconds pass, and says what was told: `+` begun, `~` replaced, `-`
    /// ended, with the component's bytes and the arguments, or why not.
    pub(super) fn pass(&mut self, milliseconds: u64) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..milliseconds / STEP {
            self.now += STEP;
            self.look();
            self.tell(&mut told);
        }
        told
    }

    fn look(&mut self) {
        let now = self.instant();
        let clock = SystemTime::UNIX_EPOCH + Duration::from_millis(self.now);
        self.shelf.see(self.disk.list(), (now, clock));
        self.shelf.settle(now);
        for due in self.shelf.due(now) {
            self.reads += 1;
            let read = self.disk.read(&due, self.now);
            if let Ok(Reading { content: Content::Component { digest, .. }, .. }) = &read {
                let text = self.disk.files[&due.name.to_string()].text.clone();
                self.texts.insert(*digest, text);
            }
            self.shelf.learn(&due, read, now);
        }
        assert!(self.shelf.due(now).is_empty(), "what was read is not due");
        let next = self.shelf.next(now);
        assert!(next.is_none_or(|next| next > now), "{:?} ago", next.map(|next| now - next));
        let old = self.deliveries.current();
        self.deliveries.update(Snapshot::of(&self.shelf, &self.pairing, old));
    }

    fn tell(&mut self, told: &mut Vec<String>) {
        let now = self.instant();
        let mut names = BTreeSet::new();
        while let Some((worker, difference, version)) = self.deliveries.next(now) {
            let sign = match difference {
                Difference::Added => '+',
                Difference::Changed => '~',
                Difference::Removed => '-',
            };
            let what = version.map(|version| match version.options(&self.node) {
                Err(why) => format!(" ! {why}"),
                Ok(options) => {
                    let digest = version.digest().expect("a digest");
                    let args = String::from_utf8(options.args).expect("text");
                    format!(" {} {args}", self.texts[&digest]).trim_end().to_owned()
                }
            });
            told.push(format!("{sign} {worker}{}", what.unwrap_or_default()));
            names.insert(worker);
        }
        if self.answers {
            let again = !names.is_empty();
            for worker in names {
                self.deliveries.answer(worker, Answer::Done, now);
            }
            if again {
                self.tell(told);
            }
        }
    }

    pub(super) fn answer(&mut self, worker: &str, is_done: bool) {
        let answer = if is_done { Answer::Done } else { Answer::Again };
        self.deliveries.answer(worker.into(), answer, self.instant());
    }

    pub(super) fn ask(&mut self, worker: Option<&str>) {
        self.deliveries.ask(worker.map(Into::into));
    }

    /// What the files come to, whatever was told: the same words, without signs.
    pub(super) fn truth(&self) -> BTreeMap<String, String> {
        let mut truth = BTreeMap::new();
        for (name, file) in &self.disk.files {
            let Some(Named::Worker(FileName { worker, .. })) = named(name.as_bytes()) else {
                continue;
            };
            if file.stamp.is_some() && name.ends_with(".wasm") {
                let args = self.args(&worker);
                truth.insert(worker.to_string(), format!("{} {args}", file.text).trim_end().into());
            }
        }
        truth
    }

    fn args(&self, worker: &WorkerName) -> String {
        let manifest = self.disk.files.get(&format!("{worker}.toml"));
        let text = manifest.map(|file| file.text.as_str()).unwrap_or_default();
        text.split('"').nth(1).unwrap_or_default().to_owned()
    }
}
