//! One look at a folder: which files of workers lie in it, and what they show of themselves.

use std::collections::BTreeMap;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::names::{FileName, Named, named};
use super::stamp::{self, Stamp};
use super::{LoadError, Pinned};

/// What one look at a file has shown.
#[derive(Debug)]
pub(super) enum Look {
    /// A regular file.
    File(Stamp),
    /// A link, a pipe, a folder, a device, ...
    Special,
    /// The system says nothing of it.
    Unknown(LoadError),
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: BTreeMap<FileName, Look>,
    /// What would be workers but for their names, by these.
    pub(super) refused: BTreeMap<String, LoadError>,
    /// What others may do to files here.
    pub(super) risks: Vec<(FileName, String)>,
}

impl Listing {
    /// What others may do to those of the files; nothing if they may do nothing.
    pub(super) fn warning(
        &self,
        folder: &Pinned,
        of: impl Fn(&FileName) -> bool,
    ) -> Option<String> {
        let mut risks = self.risks.iter().filter(|(name, _)| of(name));
        let (name, risk) = risks.next()?;
        let words = format!("{} {risk}", folder.path_of(name).display());
        match risks.count() {
            0 => Some(words),
            more => Some(format!("{words}; and so it is with {more} more of the files there")),
        }
    }
}

/// Looks into a folder; at no more than so many entries, and into no file.
pub(super) fn list(folder: &Pinned) -> Result<Listing, LoadError> {
    let (mut listing, mut names) = (Listing::default(), Vec::new());
    folder.each_name(|file| match named(file) {
        Some(Named::Worker(name)) => names.push(name),
        Some(Named::Refused { name, why }) => {
            let path = folder.path().join(String::from_utf8_lossy(file).as_ref());
            listing.refused.entry(name).or_insert(LoadError::Name { path, source: why });
        }
        None => {}
    })?;
    let me = rustix::process::geteuid().as_raw();
    for name in names {
        let look = match folder.stat(&name) {
            Ok(stat) => {
                listing.risks.extend(risk(&stat, me).map(|risk| (name.clone(), risk)));
                Stamp::of(&stat).map_or(Look::Special, Look::File)
            }
            // It has gone since the folder was read.
            Err(Errno::NOENT) => continue,
            Err(errno) => {
                Look::Unknown(LoadError::unreadable(&folder.path_of(&name), errno.into()))
            }
        };
        listing.files.insert(name, look);
    }
    Ok(listing)
}

/// Who can write a worker's file can have the node run what he likes, within the limits.
fn risk(stat: &Stat, me: u32) -> Option<String> {
    // Only regular files are used at all.
    Stamp::of(stat)?;
    if stamp::is_open(stat) {
        return Some("can be written by every user of this machine: `chmod o-w` it".into());
    }
    let other = stat.st_uid != me && stat.st_uid != 0;
    other.then(|| format!("belongs to another user (uid {}): `chown` it", stat.st_uid))
}
