//! The file system's events. They only say that it is time to look; what has changed is for
//! the look to find.

use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use rustix::fd::{AsFd, AsRawFd};

use super::bell::Bell;
use crate::loader::Pinned;
use crate::loader::names::named;

/// A folder that rings when something happens in it, until this is dropped.
pub(super) struct Events {
    _watcher: RecommendedWatcher,
}

impl Events {
    /// Begins to listen; or says why the system tells nothing.
    pub(super) fn listen(folder: &Pinned, bell: Arc<Bell>) -> Result<Self, String> {
        // The open folder itself, not what its path may come to mean.
        let handle = format!("/proc/self/fd/{}", folder.handle().as_fd().as_raw_fd());
        let handle = Path::new(&handle);
        let path = if handle.exists() { handle } else { folder.path() }.to_owned();
        let root = path.clone();
        let heard = move |event: notify::Result<Event>| {
            if event.map_or(true, |event| counts(&event, &root)) {
                bell.ring(|rung| rung.look = true);
            }
        };
        let listen = || {
            let mut watcher = notify::recommended_watcher(heard)?;
            watcher.watch(&path, RecursiveMode::NonRecursive)?;
            Ok(Self { _watcher: watcher })
        };
        listen().map_err(words)
    }
}

/// Why the system tells nothing, and what to do about it.
fn words(mut why: notify::Error) -> String {
    // It would name the open folder as only the node knows it.
    why.paths.clear();
    match why.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "no watch is left: raise `fs.inotify.max_user_watches`".to_owned()
        }
        _ => why.to_string(),
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Events").finish_non_exhaustive()
    }
}

/// Whether an event may be of anything that counts. That the watcher itself opens files
/// does not, nor what happens to files that are none of the node's business.
fn counts(event: &Event, root: &Path) -> bool {
    if event.need_rescan() || event.paths.is_empty() {
        return true;
    }
    let is_of_reading = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    };
    let is_known = |path: &Path| {
        path == root
            || path.file_name().is_some_and(|file| named(file.as_encoded_bytes()).is_some())
    };
    !is_of_reading && event.paths.iter().any(|path| is_known(path))
}

/// Why the folder's file system tells nothing of what other machines do, if that is so.
pub(super) fn deaf(folder: &Pinned) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    return match rustix::fs::fstatfs(folder.handle()).ok()?.f_type {
        rustix::fs::NFS_SUPER_MAGIC => Some("NFS"),
        0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x0102_1997 => Some("9p"),
        0x6573_5546 => Some("FUSE"),
        _ => None,
    };
    #[cfg(not(target_os = "linux"))]
    None
}
