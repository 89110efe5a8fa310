//! Why something in the node's directory is not used.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{ConfigError, NameError};
use crate::sanitize::sanitize;

/// Why a file or folder of the node's directory is not used: which, why, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A folder is neither there nor can be made, or is not this user's to write.
    #[error("{}: cannot be made or written: {source}; have it belong to this user, or give another directory", path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// A file is where a folder has to be.
    #[error("{}: cannot be made, since a file is in its way: give another directory", path.display())]
    NotADirectory {
        /// The folder.
        path: PathBuf,
    },
    /// The folder that it would be in is not there.
    #[error("{}: cannot be made, since there is no {}: make that first, or give another directory", path.display(), parent.display())]
    NoParent {
        /// The folder.
        path: PathBuf,
        /// What is not there.
        parent: PathBuf,
    },
    /// Another node uses the directory.
    #[error("a node is already running on {}{}; stop it first, or give another directory", path.display(), pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Running {
        /// The directory.
        path: PathBuf,
        /// Its process, if it could be read.
        pid: Option<u32>,
    },
    /// A file or folder could not be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// A file could not be put in its place.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// There is too much in the folder.
    #[error("{}: holds more than {most} files; remove what is not needed", path.display())]
    TooMany {
        /// The folder.
        path: PathBuf,
        /// The most there may be.
        most: usize,
    },
    /// It is a link, a pipe, a folder or a device.
    #[error("{}: is not a regular file, and links are not followed: copy the file itself here", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// It is larger than what is read of its kind.
    #[error("{}: has more than {most} bytes, the most that is read of such a file", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The most there may be.
        most: u64,
    },
    /// The manifests in one folder are more than a node keeps.
    #[error("{}: is not read: all manifests together have more than {most} bytes; move what they share into the components", path.display())]
    Manifests {
        /// The first that is beyond.
        path: PathBuf,
        /// The most they may have.
        most: u64,
    },
    /// It is not as it was when it was looked at.
    #[error("{}: has changed since it was looked at: it is looked at again", path.display())]
    Changing {
        /// Which.
        path: PathBuf,
    },
    /// The system gives no thread to watch a folder with.
    #[error("the system gives no thread to watch the workers' files with: {source}")]
    Thread {
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// It is not text.
    #[error("{}: is not UTF-8 text", path.display())]
    NotText {
        /// Which.
        path: PathBuf,
    },
    /// A secret could be read by others.
    #[cfg(feature = "tcp")]
    #[error("{}: can be read by others than its user, and has secrets in it: `chmod 600` it", path.display())]
    Exposed {
        /// Which.
        path: PathBuf,
    },
    /// What the node has to go by is somebody else's.
    #[cfg(feature = "tcp")]
    #[error("{}: belongs to another user (uid {user}): `chown` it", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// Whose.
        user: u32,
    },
    /// What the node has to go by could be changed by others.
    #[cfg(feature = "tcp")]
    #[error("{}: can be written by others than its user, who could take keys away from it, or bring such back that were rotated away: `chmod {mode}` it", path.display())]
    Writable {
        /// Which.
        path: PathBuf,
        /// What its mode should be.
        mode: &'static str,
    },
    /// It is no identity.
    #[cfg(feature = "tcp")]
    #[error("{}: {source}", path.display())]
    Identity {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: skep_secure::identity::TextError,
    },
    /// Its name cannot be a worker's.
    #[error("{}: {source}", sanitize(&path.display().to_string()))]
    Name {
        /// Which.
        path: PathBuf,
        /// The rule.
        source: NameError,
    },
    /// A manifest names a component that is not there.
    #[error("{file}: there is no component {}: put it there, or name another by `component`", component.display())]
    NoComponent {
        /// What the manifest stands in.
        file: String,
        /// Where its component should be.
        component: PathBuf,
    },
    /// A worker has two manifests.
    #[error("{first} and {second} are both manifests of this worker: keep one")]
    TwoManifests {
        /// The one in `node.toml`.
        first: String,
        /// The one beside the component.
        second: String,
    },
    /// What a configuration file says is not possible, or not allowed.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl LoadError {
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.into(), source: Arc::new(source) }
    }

    /// Whether there is nothing at all where something was looked for.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
