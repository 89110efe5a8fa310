//! The files of a folder as they are known: each counts once it has come to rest and has
//! been read. It has no clock and touches no file: what was seen and read is told to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::entry::{Entry, Fact, Now, Step};
use super::pace::Pace;
use crate::config::WorkerName;
use crate::loader::listing::Listing;
use crate::loader::names::FileName;
use crate::loader::pairs::{Files, Known};
use crate::loader::stamp::Stamp;
use crate::loader::text::{Room, Text};
use crate::loader::{LoadError, Pinned};

/// What was read of a file.
#[derive(Debug)]
pub(super) enum Content {
    Component {
        digest: blake3::Hash,
        /// Whether more of it may be still to come.
        unfinished: bool,
    },
    Manifest(Arc<Text>),
}

/// What a file held, and when.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) stamp: Stamp,
    /// Whether it had changed so shortly before that the next change may not show.
    pub(super) is_fresh: bool,
    pub(super) content: Content,
}

/// A file that is to be read now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) name: FileName,
    /// Whether it has rested so long that it counts even if it is not complete.
    pub(super) as_it_is: bool,
}

/// The files of a folder as they are known.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: Arc<Pinned>,
    pace: Pace,
    files: BTreeMap<FileName, Entry>,
    refused: BTreeMap<String, LoadError>,
    room: Room,
    /// No file counts as taken out before: the folder is being filled.
    absent_from: Option<Instant>,
}

impl Shelf {
    pub(super) fn new(folder: Arc<Pinned>, pace: Pace) -> Self {
        let (files, refused) = Default::default();
        Self { folder, pace, files, refused, room: Room::default(), absent_from: None }
    }

    /// What would be workers but for their names.
    pub(super) fn refused(&self) -> &BTreeMap<String, LoadError> {
        &self.refused
    }

    /// The folder was deleted, and has come again.
    pub(super) fn move_to(&mut self, folder: Arc<Pinned>, now: Instant) {
        self.folder = folder;
        self.absent_from = now.checked_add(self.pace.refill);
    }

    /// The folder looks like this now. Says whether anything that counts has changed.
    pub(super) fn see(&mut self, listing: Listing, now: Now) -> bool {
        let mut files = listing.files;
        for (name, entry) in &mut self.files {
            entry.see(files.remove(name), now);
        }
        for (name, look) in files {
            self.files.insert(name, Entry::new(look, now));
        }
        let same = self.refused.keys().eq(listing.refused.keys());
        self.refused = listing.refused;
        !same
    }

    /// Lets time count: says whether anything has become known by itself.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let (pace, folder, room) = (&self.pace, &self.folder, &mut self.room);
        let from = self.absent_from;
        let mut changed = false;
        self.files.retain(|name, entry| match entry.step(pace, from, now) {
            Step::Gone => {
                room.leave(entry.room());
                changed = true;
                false
            }
            Step::NotAFile => {
                let path = folder.path_of(name);
                room.leave(entry.room());
                entry.know(Fact::Bad(LoadError::NotAFile { path }));
                changed = true;
                true
            }
            Step::Read { .. } | Step::Rest(_) => true,
        });
        changed
    }

    /// The files that are to be read now.
    pub(super) fn due(&self, now: Instant) -> Vec<Due> {
        let due = self.files.iter().filter_map(|(name, entry)| {
            match entry.step(&self.pace, self.absent_from, now) {
                Step::Read { as_it_is } => Some(Due { name: name.clone(), as_it_is }),
                _ => None,
            }
        });
        due.collect()
    }

    /// Whether some files have not even been tried yet, because they have just been written.
    pub(super) fn has_untried(&self) -> bool {
        self.files.values().any(Entry::is_untried)
    }

    /// When there is something to do next, if nothing changes.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let next = self.files.values().filter_map(|entry| {
            match entry.step(&self.pace, self.absent_from, now) {
                Step::Rest(until) => until,
                _ => Some(now),
            }
        });
        next.min()
    }

    /// A file was read, or could not be. Says whether it counts now.
    pub(super) fn learn(
        &mut self,
        due: &Due,
        read: Result<Reading, LoadError>,
        now: Instant,
    ) -> bool {
        let folder = &self.folder;
        let Some(entry) = self.files.get_mut(&due.name) else { return false };
        let Reading { stamp, is_fresh, content } = match read {
            Ok(reading) => reading,
            Err(LoadError::Changing { .. }) => return entry.later(now, self.pace.quiet),
            Err(why) if why.is_absence() => return entry.later(now, self.pace.quiet),
            Err(why) => {
                self.room.leave(entry.room());
                return entry.fail(why, &self.pace, now);
            }
        };
        if !entry.looks_like(&stamp) {
            return entry.later(now, self.pace.quiet);
        }
        let unfinished = match &content {
            Content::Component { unfinished, .. } => *unfinished,
            Content::Manifest(text) => text.bytes == 0,
        };
        if unfinished && !due.as_it_is {
            return entry.wait_for_more(&self.pace);
        }
        self.room.leave(entry.room());
        let fact = match content {
            Content::Component { digest, .. } => Fact::Component(digest),
            Content::Manifest(text) => {
                match self.room.take(text.bytes, || folder.path_of(&due.name)) {
                    Ok(()) => Fact::Manifest(text),
                    Err(why) => Fact::Bad(why),
                }
            }
        };
        entry.know(fact);
        if is_fresh {
            entry.once_more(now, self.pace.granule);
        }
        true
    }
}

impl Files for Shelf {
    fn names(&self) -> impl Iterator<Item = &FileName> {
        self.files.keys()
    }

    fn component(&self, name: &WorkerName) -> Known<Option<blake3::Hash>> {
        match self.known(&FileName::component(name)) {
            Known::Good(Fact::Component(digest)) => Known::Good(Some(*digest)),
            Known::Good(Fact::Bad(why)) => Known::Bad(why.clone()),
            Known::Nothing => Known::Nothing,
            _ => Known::Unsettled,
        }
    }

    fn manifest(&self, name: &WorkerName) -> Known<Arc<Text>> {
        match self.known(&FileName::manifest(name)) {
            Known::Good(Fact::Manifest(text)) => Known::Good(text.clone()),
            Known::Good(Fact::Bad(why)) => Known::Bad(why.clone()),
            Known::Nothing => Known::Nothing,
            _ => Known::Unsettled,
        }
    }

    fn folder(&self) -> &Pinned {
        &self.folder
    }
}

impl Shelf {
    fn known(&self, name: &FileName) -> Known<&Fact> {
        match self.files.get(name) {
            None => Known::Nothing,
            Some(entry) => entry.fact().map_or(Known::Unsettled, Known::Good),
        }
    }
}
