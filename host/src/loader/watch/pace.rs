//! How long the watcher waits for what.

use std::time::Duration;

/// How long the watcher waits for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// A file that has not changed for so long is read (100 ms). Longer than a copying
    /// program rests between two writes, shorter than a person notices; who rests longer is
    /// told by the file being incomplete.
    pub(super) quiet: Duration,
    /// So long an incomplete file has to rest before it counts as it is (3 s): more than a
    /// slow link pauses, and then its owner wants to be told that it is broken.
    pub(super) patience: Duration,
    /// A file that is not there for so long has been taken out (500 ms). Some programs put
    /// a new file in place by deleting the old one first; a worker that is stopped by
    /// mistake loses what it had, one that is stopped late loses nothing.
    pub(super) absence: Duration,
    /// The same after the folder itself was made anew (10 s): it is being filled again.
    pub(super) refill: Duration,
    /// How coarse a file system's clock may be (2 s, that of FAT). A file read within so
    /// long of its last change is read once more, since another change may not show.
    pub(super) granule: Duration,
    /// When a file that could not be read is tried again: first after this (250 ms), then
    /// after twice as long each time,
    pub(super) retry: Duration,
    /// and in the end after this (30 s).
    pub(super) retry_most: Duration,
    /// How often the folder is looked through whatever the system tells (2 s): events get
    /// lost, and those of other machines never come.
    pub(super) rescan: Duration,
    /// The same where no events can be had at all (500 ms).
    pub(super) poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(100),
            patience: Duration::from_secs(3),
            absence: Duration::from_millis(500),
            refill: Duration::from_secs(10),
            granule: Duration::from_secs(2),
            retry: Duration::from_millis(250),
            retry_most: Duration::from_secs(30),
            rescan: Duration::from_secs(2),
            poll: Duration::from_millis(500),
        }
    }
}

impl Pace {
    /// How long to wait after so many failures.
    pub(super) fn back_off(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.retry.saturating_mul(doubled).min(self.retry_most)
    }
}
