//! The room that a cache's entries take, and which of them go when it is used up.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// A directory's capacity, and about how much of it is used.
pub(super) struct Space {
    dir: PathBuf,
    capacity: u64,
    used: Mutex<u64>,
}

/// A file in the directory.
struct Entry {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

impl Space {
    pub(super) fn new(dir: &Path, capacity: u64) -> Self {
        Self { dir: dir.into(), capacity, used: Mutex::new(trim(dir, capacity)) }
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Whether one entry of this size fits at all.
    pub(super) fn fits(&self, size: u64) -> bool {
        size <= self.capacity
    }

    /// Counts what was just written. Only when that goes beyond the capacity is the
    /// directory listed, and then a quarter of it is freed: so it seldom is.
    pub(super) fn taken(&self, size: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(size);
        if *used > self.capacity {
            *used = trim(&self.dir, self.capacity);
        }
    }
}

/// Beyond the capacity, removes the files that were not used for longest until a quarter
/// is free. Returns the bytes that are left.
fn trim(dir: &Path, capacity: u64) -> u64 {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut entries: Vec<_> = files.filter_map(entry).collect();
    let mut left = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
    if left <= capacity {
        return left;
    }
    entries.sort_by_key(|entry| entry.used);
    for entry in entries {
        if left <= capacity / 4 * 3 {
            break;
        }
        if fs::remove_file(&entry.path).is_ok() {
            left = left.saturating_sub(entry.size);
        }
    }
    left
}

/// A regular file, remnants of one that was being written when the node ended included.
fn entry(file: DirEntry) -> Option<Entry> {
    let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(Entry { path: file.path(), size: metadata.len(), used: metadata.modified().ok()? })
}
