//! Watches `workers/`: tells of each worker that is to begin, to be replaced or to end.
//!
//! - `pace`: how long is waited for what.
//! - `entry`, `shelf`: when a file counts. No clock, no I/O.
//! - `snapshot`, `deliveries`: what differs, and what was told of it. No clock, no I/O.
//! - `reading`, `events`: what is read of files, and what the system tells of them.
//! - `sentry`: the thread that does it all; `bell` wakes it.
//! - `change`: what it tells.

mod bell;
mod change;
mod deliveries;
mod entry;
mod events;
mod pace;
mod reading;
mod sentry;
mod shelf;
mod snapshot;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use self::bell::Bell;
pub use self::change::{Change, Receipt, Wanted, What};
use self::events::Events;
use self::sentry::{Listen, Sentry};
use super::{LoadError, Pinned};
use crate::config::NodeConfig;

/// How much news may wait; the watcher's thread waits with the rest.
const WAITING: usize = 16;

/// What the watcher tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum News {
    /// Files ask for so many workers at the first look. Told once, before everything else
    /// that is told of them.
    Found(usize),
    /// A worker's files have changed; at first, all are new.
    Change(Box<Change>),
    /// All that lay there at the first look has been told and dealt with. Told once.
    CaughtUp,
    /// The folder as a whole is not as it should be. Its workers go on as they are.
    Warning(String),
    /// Something about the folder that is good to know.
    Note(String),
}

/// Someone who watches a folder with workers' files, until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    news: mpsc::Receiver<News>,
    bell: Arc<Bell>,
}

impl Watcher {
    /// Watches a folder. It is opened here and now, and never again while it exists.
    pub(crate) fn start(folder: &Path, node: NodeConfig) -> Result<Self, LoadError> {
        Self::start_with(folder, node, Events::listen)
    }

    fn start_with(folder: &Path, node: NodeConfig, listen: Listen) -> Result<Self, LoadError> {
        let folder = Arc::new(Pinned::open(folder)?);
        let (bell, (told, news)) = (Arc::<Bell>::default(), mpsc::channel(WAITING));
        let sentry = Sentry::new(folder, node, bell.clone(), told, listen);
        let thread = std::thread::Builder::new().name("skep-watcher".into());
        let spawned = thread.spawn(move || {
            // Whoever dropped the watcher does not want to know how it ended.
            let _ = sentry.watch();
        });
        spawned.map_err(|why| LoadError::Thread { source: Arc::new(why) })?;
        Ok(Self { news, bell })
    }

    /// What has happened next; none if the watcher's thread has ended.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// Settle workers by other settings of the node from now on.
    pub(crate) fn settle_by(&self, node: NodeConfig) {
        self.bell.ring(|rung| rung.settings = Some(node));
    }

    /// Tell a worker once more though its files have not changed, or with none all workers.
    /// Nothing comes of it where there are no files.
    pub fn tell_again(&self, worker: Option<&str>) {
        self.bell.ring(|rung| _ = rung.again.insert(worker.map(Into::into)));
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.bell.ring(|rung| rung.stop = true);
    }
}
