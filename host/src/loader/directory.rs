//! The layout of a node's directory.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Access;

#[cfg(feature = "tcp")]
use super::{FileHistories, IdentityFile};
use super::{LoadError, Lock, file};
use crate::config::NodeConfig;

/// The most that is read of `node.toml`, in bytes.
const CONFIG: u64 = 1 << 20;

/// The directory that a node lives in: the workers' files, and what the node keeps itself.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The layout below `root`. Nothing is touched.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.into() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Components and their manifests.
    pub(crate) fn workers(&self) -> PathBuf {
        self.root.join("workers")
    }

    /// What workers have saved.
    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Compiled code.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The key that entries of the cache are verified by: not in the cache, so that who
    /// can write there alone can make no entry.
    pub(crate) fn cache_key(&self) -> PathBuf {
        self.root.join("cache.key")
    }

    /// Who the node is: its secrets.
    #[cfg(feature = "tcp")]
    pub(crate) fn identity(&self) -> IdentityFile {
        IdentityFile::at(self.root.join("identity.key"))
    }

    /// What is known of others' identities.
    #[cfg(feature = "tcp")]
    pub(crate) fn known(&self) -> FileHistories {
        FileHistories::in_folder(self.root.join("known"))
    }

    /// The lock and the control socket.
    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Makes what is not there yet, and keeps others out of what is the node's own. Of a path
    /// only the last folder is made: a mistyped one is more likely than one of which nothing
    /// is there.
    pub(crate) fn create(&self) -> Result<(), LoadError> {
        if folder(&self.root, 0o755)? {
            let path = self.root.display();
            tracing::info!(target: "skep::node", "made the directory {path}");
        }
        folder(&self.workers(), 0o755)?;
        warn_if_open(&self.root);
        warn_if_open(&self.workers());
        for own in [self.state(), self.cache(), self.run()] {
            folder(&own, 0o700)?;
            private(&own)?;
        }
        folder(&self.logs(), 0o755)?;
        for written in [self.state(), self.cache(), self.run(), self.logs()] {
            writable(&written)?;
        }
        Ok(())
    }

    /// Makes the folder of the workers' files alone, where it is not there yet. Says whether
    /// the directory itself was made for it.
    #[cfg(feature = "cli")]
    pub(crate) fn create_workers(&self) -> Result<bool, LoadError> {
        let made = folder(&self.root, 0o755)?;
        folder(&self.workers(), 0o755)?;
        Ok(made)
    }

    /// Takes the directory for one node alone, until the lock is dropped.
    pub(crate) fn lock(&self) -> Result<Lock, LoadError> {
        Lock::take(&self.root, &self.run().join("lock"))
    }

    /// The settings in `node.toml`, or the defaults if there is none.
    pub(crate) fn config(&self) -> Result<NodeConfig, LoadError> {
        self.read(&self.config_text()?)
    }

    /// The settings that such a text says.
    pub(crate) fn read(&self, text: &str) -> Result<NodeConfig, LoadError> {
        let path = self.root.join("node.toml");
        Ok(NodeConfig::parse(text, &path.display().to_string())?)
    }

    /// What stands in `node.toml`: nothing if there is none.
    pub(crate) fn config_text(&self) -> Result<String, LoadError> {
        let path = self.root.join("node.toml");
        Ok(file::read_text(&path, CONFIG)?.unwrap_or_default())
    }
}

/// What went wrong with a folder.
fn failed(path: &Path) -> impl Fn(io::Error) -> LoadError {
    move |source| LoadError::Directory { path: path.into(), source: Arc::new(source) }
}

/// Whether it was made.
fn folder(path: &Path, mode: u32) -> Result<bool, LoadError> {
    use io::ErrorKind::{AlreadyExists, NotADirectory, NotFound};
    let Err(source) = DirBuilder::new().mode(mode).create(path) else { return Ok(true) };
    match source.kind() {
        AlreadyExists if path.is_dir() => Ok(false),
        // A file is in the way, here or further up.
        AlreadyExists | NotADirectory => Err(LoadError::NotADirectory { path: path.into() }),
        NotFound => {
            let parent = path.parent().unwrap_or(path).into();
            Err(LoadError::NoParent { path: path.into(), parent })
        }
        _ => Err(failed(path)(source)),
    }
}

/// Takes others' rights to a folder away that was there before.
fn private(path: &Path) -> Result<(), LoadError> {
    let mode = fs::metadata(path).map_err(failed(path))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed(path))
}

fn writable(path: &Path) -> Result<(), LoadError> {
    let rights = Access::WRITE_OK | Access::EXEC_OK;
    rustix::fs::access(path, rights).map_err(|errno| failed(path)(errno.into()))
}

/// Who can write into `workers` can start, replace and stop workers, and who can write into the
/// directory itself can give the node settings.
fn warn_if_open(path: &Path) {
    let open = fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o002 != 0);
    if open {
        let path = path.display();
        tracing::warn!("{path} can be written by every user of this machine: `chmod o-w {path}`");
    }
}
