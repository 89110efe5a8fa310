//! Reads one file: regular, not through a link, and never more than its bound.

use std::fs::File;
#[cfg(feature = "tcp")]
use std::io::Write;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use super::LoadError;
use super::stamp::Stamp;

/// How files are opened: no link is followed, no pipe is waited for, and no terminal becomes
/// the node's own.
pub(super) const CAREFUL: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Reads a text file of at most `most` bytes; none if there is no such file.
pub(super) fn read_text(path: &Path, most: u64) -> Result<Option<String>, LoadError> {
    let file = open_if_there(path)?;
    file.map(|file| text(read(&file, path, most)?, path)).transpose()
}

/// Opens a regular file; none if there is no such file.
pub(super) fn open_if_there(path: &Path) -> Result<Option<File>, LoadError> {
    match open(path, CAREFUL) {
        Ok(file) => Ok(Some(file)),
        Err(why) if why.is_absence() => Ok(None),
        Err(why) => Err(why),
    }
}

/// Reads a file of at most `most` bytes that somebody has named: links are followed.
#[cfg(feature = "cli")]
pub(super) fn read_named(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    read(&open(path, CAREFUL.difference(OFlags::NOFOLLOW))?, path, most)
}

/// Opens a regular file.
fn open(path: &Path, flags: OFlags) -> Result<File, LoadError> {
    let mut options = File::options();
    options.read(true).custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(|source| not_opened(path, source))?;
    stamp(&file, path).map(|_| file)
}

/// The text that a file's bytes are.
pub(super) fn text(bytes: Vec<u8>, path: &Path) -> Result<String, LoadError> {
    String::from_utf8(bytes).map_err(|_| LoadError::NotText { path: path.into() })
}

/// The stamp of an open file, which has to be a regular one.
pub(super) fn stamp(file: &File, path: &Path) -> Result<Stamp, LoadError> {
    let stat =
        rustix::fs::fstat(file).map_err(|errno| LoadError::unreadable(path, errno.into()))?;
    Stamp::of(&stat).ok_or_else(|| LoadError::NotAFile { path: path.into() })
}

/// Whether a file, or a folder, is this user's or root's.
#[cfg(feature = "tcp")]
pub(super) fn check_owner(found: &std::fs::Metadata, path: &Path) -> Result<(), LoadError> {
    let user = std::os::unix::fs::MetadataExt::uid(found);
    match user == rustix::process::geteuid().as_raw() || user == 0 {
        true => Ok(()),
        false => Err(LoadError::Foreign { path: path.into(), user }),
    }
}

/// Whether nobody else can take away what lies in the same folder: who may write there can, unless
/// the folder lets everyone take away his own only.
#[cfg(feature = "tcp")]
pub(super) fn check_folder_of(path: &Path) -> Result<(), LoadError> {
    const STICKY: u32 = 0o1000;
    let folder = path.parent().unwrap_or(path);
    let found = std::fs::metadata(folder).map_err(|why| LoadError::unreadable(folder, why))?;
    let mode = std::os::unix::fs::MetadataExt::mode(&found);
    match mode & 0o002 != 0 && mode & STICKY == 0 {
        true => Err(LoadError::Writable { path: folder.into(), mode: "o-w" }),
        false => Ok(()),
    }
}

/// Reads all of a file, of at most `most` bytes.
pub(super) fn read(file: &File, path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    let too_large = || LoadError::TooLarge { path: path.into(), most };
    let unreadable = |source| LoadError::unreadable(path, source);
    let size = file.metadata().map_err(unreadable)?.len();
    if size > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // It may have grown since.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// What is to become of a file that is there already.
#[cfg(feature = "tcp")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// It goes.
    Replaced,
    /// It stays, and nothing is written.
    Kept,
}

/// Writes a file for this user's eyes alone: all of it, or nothing.
#[cfg(feature = "tcp")]
pub(super) fn write_private(path: &Path, bytes: &[u8], there: There) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.new"));
    // What is left of one that was interrupted.
    let _ = std::fs::remove_file(&aside);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    match there {
        There::Replaced => std::fs::rename(&aside, path)?,
        There::Kept => {
            // As a rename, but not over another.
            let linked = std::fs::hard_link(&aside, path);
            let _ = std::fs::remove_file(&aside);
            linked?;
        }
    }
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

/// Why a file was not opened. A link answers so under NOFOLLOW, and a socket cannot be
/// opened at all.
pub(super) fn not_opened(path: &Path, source: io::Error) -> LoadError {
    let special = [rustix::io::Errno::LOOP, rustix::io::Errno::NXIO];
    if special.iter().any(|errno| source.raw_os_error() == Some(errno.raw_os_error())) {
        return LoadError::NotAFile { path: path.into() };
    }
    LoadError::unreadable(path, source)
}
