//! Reads one file: regular, not through a link, and never more than its bound.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use super::LoadError;

/// Reads a whole file of at most `most` bytes, all from one descriptor: what is put in its
/// place meanwhile is another file, and is read another time.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    let too_large = || LoadError::TooLarge { path: path.into(), most };
    let unreadable = |source| LoadError::Read { path: path.into(), source };
    let file = open(path)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::NotAFile { path: path.into() });
    }
    if metadata.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // It may have grown since.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Opens without following a link, and without waiting for the other end of a pipe.
fn open(path: &Path) -> Result<File, LoadError> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path).map_err(|source| {
        // A link answers so under NOFOLLOW, and a socket cannot be opened at all.
        let special = [rustix::io::Errno::LOOP, rustix::io::Errno::NXIO];
        if special.iter().any(|errno| source.raw_os_error() == Some(errno.raw_os_error())) {
            return LoadError::NotAFile { path: path.into() };
        }
        LoadError::Read { path: path.into(), source }
    })
}

/// Reads a text file of at most `most` bytes; none if there is no such file.
pub(super) fn read_text(path: &Path, most: u64) -> Result<Option<String>, LoadError> {
    match read(path, most) {
        Ok(bytes) => {
            let text = String::from_utf8(bytes);
            text.map(Some).map_err(|_| LoadError::NotText { path: path.into() })
        }
        Err(LoadError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
