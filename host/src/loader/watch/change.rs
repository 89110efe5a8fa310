//! What the watcher tells: a worker is to begin, to be replaced or to end.

use std::path::PathBuf;
use std::sync::Arc;

use super::bell::{Answer, Bell};
use super::snapshot::Difference;
use crate::config::{NodeConfig, WorkerOptions};
use crate::loader::names::FileName;
use crate::loader::pairs::Version;
use crate::loader::{LoadError, Pinned};
use crate::sync::{AtomicBool, Ordering};

/// A worker's files have changed. No further change of this worker is told before
/// `receipt` is dropped.
#[derive(Debug)]
pub struct Change {
    /// The worker's name; of a file whose name cannot be one, that name as text.
    pub worker: String,
    /// What is to be done.
    pub what: What,
    /// To be kept until it is done.
    pub receipt: Receipt,
}

impl Change {
    pub(super) fn new(
        worker: String,
        difference: Difference,
        version: Option<Version>,
        node: &NodeConfig,
        folder: Arc<Pinned>,
        bell: Arc<Bell>,
    ) -> Self {
        let again = Arc::<AtomicBool>::default();
        let wanted = |version: Version| Wanted::of(&version, node, folder, again.clone());
        let what = match (difference, version) {
            (Difference::Added, Some(version)) => What::Added(wanted(version)),
            (Difference::Changed, Some(version)) => What::Changed(wanted(version)),
            _ => What::Removed,
        };
        let receipt = Receipt { worker: worker.clone(), bell, again };
        Self { worker, what, receipt }
    }
}

/// What is to be done about a worker whose files have changed. An error takes nothing away:
/// a worker that runs goes on as it is.
#[derive(Debug)]
pub enum What {
    /// It was not there; begin it.
    Added(Result<Wanted, LoadError>),
    /// Its component or its manifest is another one; or it is told again.
    Changed(Result<Wanted, LoadError>),
    /// It was taken out: end it, if there is one.
    Removed,
}

/// What a worker is to be.
#[derive(Debug)]
pub struct Wanted {
    /// The name of its component's file, without `.wasm`.
    pub component: String,
    /// The hash of that file.
    pub digest: blake3::Hash,
    /// How it is to run.
    pub options: WorkerOptions,
    folder: Arc<Pinned>,
    file: FileName,
    /// The most bytes that are read of it.
    most: u64,
    unread: Arc<AtomicBool>,
}

impl Wanted {
    fn of(
        version: &Version,
        node: &NodeConfig,
        folder: Arc<Pinned>,
        unread: Arc<AtomicBool>,
    ) -> Result<Self, LoadError> {
        let options = version.options(node)?;
        match (version.component(), version.digest()) {
            (Some(component), Some(digest)) => {
                let file = FileName::component(component);
                let component = component.to_string();
                let most = node.component();
                Ok(Self { component, digest, options, folder, file, most, unread })
            }
            // What has options has a component, and that has been read.
            _ => Err(LoadError::Changing { path: folder.path().into() }),
        }
    }

    /// Its component, for errors.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path_of(&self.file)
    }

    /// Reads its component. This may block.
    ///
    /// # Errors
    /// When it cannot be read, or is no longer what was seen. The change is then told again
    /// by itself, with what is there then.
    pub fn read(&self) -> Result<Vec<u8>, LoadError> {
        let read = self.folder.read(&self.file, self.most).map(|(_, bytes)| bytes);
        let read = read.and_then(|bytes| match blake3::hash(&bytes) == self.digest {
            true => Ok(bytes),
            false => Err(LoadError::Changing { path: self.path() }),
        });
        self.unread.store(read.is_err(), Ordering::Release);
        read
    }
}

/// Says that a change has been dealt with when it is dropped: that the worker is as its
/// files say now, or that they will not do. It is not told again until they change.
#[derive(Debug)]
pub struct Receipt {
    worker: String,
    bell: Arc<Bell>,
    again: Arc<AtomicBool>,
}

impl Receipt {
    /// It could not be dealt with now, for a reason that does not lie in the files: tell it
    /// again in a while.
    pub fn again_later(self) {
        self.again.store(true, Ordering::Release);
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let again = self.again.load(Ordering::Acquire);
        let answer = if again { Answer::Again } else { Answer::Done };
        let worker = std::mem::take(&mut self.worker);
        self.bell.ring(|rung| rung.answers.push((worker, answer)));
    }
}
