//! A folder that is opened once: whatever its path comes to mean later, it is this folder
//! that is looked into, and no link within it is followed.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::names::FileName;
use super::stamp::Stamp;
use super::{LoadError, file};

/// The most entries of a folder that are looked at.
const ENTRIES: usize = 100_000;

/// An open folder.
#[derive(Debug)]
pub(crate) struct Pinned {
    path: PathBuf,
    handle: OwnedFd,
}

impl Pinned {
    /// Opens a folder. Here links are followed, for the last time: that `workers` itself is
    /// one is for its owner to say.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(path, flags, Mode::empty());
        let handle = opened.map_err(|errno| LoadError::unreadable(path, errno.into()))?;
        Ok(Self { path: path.into(), handle })
    }

    /// What it was opened as; its files are called by this in errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn path_of(&self, name: &FileName) -> PathBuf {
        self.path.join(name.to_string())
    }

    /// Hands over the names of all entries, in no order.
    pub(super) fn each_name(&self, mut look: impl FnMut(&[u8])) -> Result<(), LoadError> {
        let unreadable = |errno: Errno| LoadError::unreadable(&self.path, errno.into());
        let mut entries = Dir::read_from(&self.handle).map_err(unreadable)?;
        let mut count = 0_usize;
        while let Some(entry) = entries.read() {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            count = count.saturating_add(1);
            if count > ENTRIES {
                return Err(LoadError::TooMany { path: self.path.clone(), most: ENTRIES });
            }
            look(name);
        }
        Ok(())
    }

    /// What an entry is; of a link, the link itself.
    pub(super) fn stat(&self, name: &FileName) -> Result<Stat, Errno> {
        rustix::fs::statat(&self.handle, name.to_string(), AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Reads a regular file of at most `most` bytes, all from one descriptor: what is put in
    /// its place meanwhile is another file. The stamp is that of the bytes; while somebody
    /// writes to the file there is none.
    pub(super) fn read(&self, name: &FileName, most: u64) -> Result<(Stamp, Vec<u8>), LoadError> {
        let path = self.path_of(name);
        let file = self.open_file(name, &path)?;
        let before = file::stamp(&file, &path)?;
        let bytes = file::read(&file, &path, most)?;
        if file::stamp(&file, &path)? != before || bytes.len() as u64 != before.size() {
            return Err(LoadError::Changing { path });
        }
        Ok((before, bytes))
    }

    /// Opens without following a link, and without waiting for the other end of a pipe.
    fn open_file(&self, name: &FileName, path: &Path) -> Result<File, LoadError> {
        let flags = file::CAREFUL | OFlags::RDONLY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.handle, name.to_string(), flags, Mode::empty());
        opened.map(File::from).map_err(|errno| file::not_opened(path, errno.into()))
    }

    /// Whether an entry is a folder itself.
    #[cfg(feature = "cli")]
    pub(super) fn is_folder(&self, name: &FileName) -> bool {
        self.stat(name).is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir())
    }

    /// The handle itself, for who writes into the folder.
    #[cfg(feature = "watch")]
    pub(super) fn handle(&self) -> &OwnedFd {
        &self.handle
    }

    /// Whether the folder has been deleted, on a file server perhaps. Nothing can come into
    /// it any more.
    #[cfg(feature = "watch")]
    pub(super) fn is_deleted(&self) -> bool {
        match rustix::fs::fstat(&self.handle) {
            Ok(stat) => stat.st_nlink == 0,
            Err(errno) => errno == Errno::STALE,
        }
    }

    /// Whether its path still leads to it.
    #[cfg(feature = "watch")]
    pub(super) fn is_at_its_path(&self) -> bool {
        let same =
            |here: Stat, there: Stat| (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino);
        match (rustix::fs::fstat(&self.handle), rustix::fs::stat(&self.path)) {
            (Ok(here), Ok(there)) => same(here, there),
            _ => false,
        }
    }
}
