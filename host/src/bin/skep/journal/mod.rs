//! The node's log on disk: `logs/` in its directory, a record of JSON a line, in files that
//! are bounded in size and number.
//!
//! - `files`: which there are, by number; the highest is written to.
//! - `writer`: the thread that writes, so that nobody else waits for the disk.
//! - `reader`: what is in them; `follow`: what comes to be.
//!
//! A library for rotation would rename the files, or turn them by the clock. Here a file
//! keeps its name, so that whoever follows loses nothing when the next one begins.

mod files;
mod follow;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

pub(crate) use self::follow::Follower;
pub(crate) use self::reader::{Filter, last};
use self::writer::Writer;
use crate::failure::Failure;
use crate::record::Record;

/// The most bytes of a file; then the next one begins.
const FILE: u64 = 8 << 20;
/// The most files; then the oldest goes.
const FILES: usize = 8;
/// Records that wait to be written, and their bytes; beyond them they are counted and dropped.
const WAITING: usize = 4_096;
const WAITING_BYTES: usize = 8 << 20;

/// Where the log of the node on this directory is.
pub(crate) fn folder(directory: &Path) -> PathBuf {
    directory.join("logs")
}

/// Where a node's records go. Nobody who logs ever waits.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    items: SyncSender<Item>,
    open: SyncSender<PathBuf>,
    backlog: Arc<Backlog>,
}

#[derive(Debug)]
enum Item {
    Record(Record),
    /// Tell when everything before this is written.
    Flush(SyncSender<()>),
}

/// What waits to be written, and what had no room.
#[derive(Debug, Default)]
struct Backlog {
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

impl Journal {
    /// Begin to take records in; nothing is written before it is opened.
    pub(crate) fn start() -> Result<Self, Failure> {
        let ((items, waiting), (open, opened)) = (sync_channel(WAITING), sync_channel(1));
        let backlog = Arc::new(Backlog::default());
        let theirs = backlog.clone();
        let thread = std::thread::Builder::new().name("skep-journal".into());
        let spawned = thread.spawn(move || {
            if let Ok(folder) = opened.recv() {
                Writer::new(folder, FILE, FILES).serve(&waiting, &theirs);
            }
        });
        spawned.map_err(|why| Failure::new(format!("the system gives no thread: {why}")))?;
        Ok(Self { items, open, backlog })
    }

    /// Write to this folder from now on. It has to be this node's alone.
    pub(crate) fn open(&self, folder: PathBuf) {
        // A second time says nothing.
        let _ = self.open.try_send(folder);
    }

    /// Keep a record, if there is room for it.
    pub(crate) fn put(&self, record: Record) {
        let bytes = record.text.len();
        let before = self.backlog.bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = before == 0 || before + bytes <= WAITING_BYTES;
        if !has_room || self.items.try_send(Item::Record(record)).is_err() {
            self.backlog.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.backlog.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Wait until all is written, but not for ever.
    pub(crate) fn finish(&self, patience: Duration) {
        let (written, wait) = sync_channel(1);
        if self.items.try_send(Item::Flush(written)).is_ok() {
            let _ = wait.recv_timeout(patience);
        }
    }
}
