//! One directory, one node: a lock that ends with the process, however that ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use super::LoadError;

/// Held while a node runs on a directory. Dropping it lets the directory go.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    /// The directory itself: the file is gone when somebody takes `run/` away.
    _root: File,
}

impl Lock {
    /// Takes the lock in the file `path` for the directory `root`. The file is left behind:
    /// removing it would let two nodes hold locks on two files of that name.
    pub(super) fn take(root: &Path, path: &Path) -> Result<Self, LoadError> {
        let failed = |source| LoadError::Directory { path: path.into(), source: Arc::new(source) };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(failed)?;
        let itself = File::open(root).map_err(failed)?;
        for held in [&file, &itself] {
            match held.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let pid = signature(&file);
                    return Err(LoadError::Running { path: root.into(), pid });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        sign(&mut file).map_err(failed)?;
        Ok(Self { _file: file, _root: itself })
    }
}

/// Says which process it is, for the error that another one gets.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn signature(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
