//! Puts files into `workers/`, so that whoever looks sees all of a file or nothing of it:
//! written aside under a hidden name, brought to the disk, and renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::names::FileName;
use super::{LoadError, Pinned};
use crate::config::WorkerName;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There was none of its name.
    New,
    /// It has taken another's place.
    Replaced,
    /// It was there already, with the same bytes.
    Unchanged,
}

/// A worker's files, each with what became of it.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) component: (PathBuf, Fate),
    pub(crate) manifest: Option<(PathBuf, Fate)>,
}

/// Puts a worker's files into its folder; both are complete before either is there.
pub(crate) fn put(
    folder: &Pinned,
    worker: &WorkerName,
    component: &[u8],
    manifest: Option<&str>,
) -> Result<Put, LoadError> {
    let component = Aside::write(folder, FileName::component(worker), component)?;
    let manifest = manifest
        .map(|text| Aside::write(folder, FileName::manifest(worker), text.as_bytes()))
        .transpose()?;
    // The manifest goes first: a component alone would run by the defaults.
    let manifest = manifest.map(Aside::put_in_place).transpose()?;
    let component = component.put_in_place()?;
    let synced = rustix::fs::fsync(folder.handle());
    synced.map_err(|errno| unwritable(folder.path(), errno.into()))?;
    Ok(Put { component, manifest })
}

/// A file that is on the disk, but not in its place. Dropped before it is, it goes.
struct Aside<'a> {
    folder: &'a Pinned,
    name: FileName,
    /// What it is called meanwhile; nothing where there is nothing to do.
    aside: Option<String>,
    fate: Fate,
}

impl<'a> Aside<'a> {
    fn write(folder: &'a Pinned, name: FileName, bytes: &[u8]) -> Result<Self, LoadError> {
        let fate = match folder.read(&name, bytes.len() as u64) {
            Ok((_, old)) if old == bytes => Fate::Unchanged,
            Err(why) if why.is_absence() => Fate::New,
            _ => Fate::Replaced,
        };
        let mut aside = Self { folder, name, aside: None, fate };
        // What can be known of the renaming is known before anything is renamed.
        if folder.is_folder(&aside.name) {
            return Err(unwritable(&aside.path(), Errno::ISDIR.into()));
        }
        if fate != Fate::Unchanged {
            aside.fill(bytes).map_err(|why| unwritable(&aside.path(), why))?;
        }
        Ok(aside)
    }

    fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        let number = getrandom::u64().map_err(|why| io::Error::other(why.to_string()))?;
        let aside = format!(".{}.{number:016x}", self.name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
        let file = rustix::fs::openat(self.folder.handle(), &aside, flags, mode)?;
        self.aside = Some(aside);
        let mut file = File::from(file);
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }

    fn put_in_place(mut self) -> Result<(PathBuf, Fate), LoadError> {
        let path = self.path();
        if let Some(aside) = &self.aside {
            let folder = self.folder.handle();
            let renamed = rustix::fs::renameat(folder, aside, folder, self.name.to_string());
            renamed.map_err(|errno| unwritable(&path, errno.into()))?;
        }
        self.aside = None;
        Ok((path, self.fate))
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            // A hidden file that stays is in nobody's way.
            let _ = rustix::fs::unlinkat(self.folder.handle(), aside, AtFlags::empty());
        }
    }
}

fn unwritable(path: &Path, source: io::Error) -> LoadError {
    LoadError::Write { path: path.into(), source: Arc::new(source) }
}
