//! What a file shows of itself without being read.

#[cfg(feature = "watch")]
use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Mode, Stat};

/// What tells one state of a regular file from another. It only hints: a file with another
/// stamp may hold the same bytes, and where clocks are coarse one with the same stamp others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// When it was last written to: seconds and nanoseconds since 1970. Anyone may set it.
    modified: (i64, i64),
    /// When anything of it last changed. Only the clock sets it.
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of a regular file; none of anything else.
    pub(super) fn of(stat: &Stat) -> Option<Self> {
        FileType::from_raw_mode(stat.st_mode).is_file().then(|| Self {
            device: number(stat.st_dev),
            inode: number(stat.st_ino),
            size: number(stat.st_size),
            modified: (number(stat.st_mtime), number(stat.st_mtime_nsec)),
            changed: (number(stat.st_ctime), number(stat.st_ctime_nsec)),
        })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// How long ago anything of it changed; nothing if the clock has gone back since.
    #[cfg(feature = "watch")]
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        let (seconds, nanos) = self.changed;
        let since = Duration::new(number(seconds), number(nanos));
        let changed = SystemTime::UNIX_EPOCH.checked_add(since);
        changed.and_then(|changed| now.duration_since(changed).ok()).unwrap_or_default()
    }

    /// The stamp of a file that there is not: written at this second, changed at this
    /// millisecond.
    #[cfg(test)]
    pub(super) fn forged(inode: u64, size: u64, second: i64, changed: i64) -> Self {
        let changed = (changed / 1_000, changed % 1_000 * 1_000_000);
        Self { device: 1, inode, size, modified: (second, 0), changed }
    }
}

/// Whether every user of the machine may write to it.
pub(super) fn is_open(stat: &Stat) -> bool {
    Mode::from_raw_mode(stat.st_mode).contains(Mode::WOTH)
}

/// The fields of `stat` have other types on other machines.
fn number<T: Default>(field: impl TryInto<T>) -> T {
    field.try_into().unwrap_or_default()
}
