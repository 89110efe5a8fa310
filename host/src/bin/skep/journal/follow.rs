//! What comes to be written into a log, across its files.

use std::io;
use std::path::{Path, PathBuf};

use super::files;
use super::reader::{Filter, Lines};
use crate::record::Record;

/// Whoever reads on where a log ends.
#[derive(Debug)]
pub(crate) struct Follower {
    folder: PathBuf,
    filter: Filter,
    /// The file that it reads, and its number; 0 before the first.
    at: u64,
    lines: Option<Lines>,
}

impl Follower {
    pub(super) fn new(folder: &Path, filter: Filter) -> Self {
        Self { folder: folder.into(), filter, at: 0, lines: None }
    }

    /// Go on in this file.
    pub(super) fn after(&mut self, number: u64, lines: Lines) {
        (self.at, self.lines) = (number, Some(lines));
    }

    /// The next record that is wanted, if it is there already.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            while let Some(line) = self.line()? {
                if let Some(record) = self.filter.read(&line) {
                    return Ok(Some(record));
                }
            }
            let next = files::list(&self.folder)?.into_iter().find(|next| next.number > self.at);
            let Some(next) = next else { return Ok(None) };
            // Once there is another, nothing more comes into this one: but it may have come
            // since the last look.
            if let Some(line) = self.line()? {
                if let Some(record) = self.filter.read(&line) {
                    return Ok(Some(record));
                }
                continue;
            }
            (self.at, self.lines) = (next.number, Lines::open(&next.path)?);
        }
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.lines.as_mut().map_or(Ok(None), Lines::next)
    }
}
