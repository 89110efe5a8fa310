//! What all workers of a folder are to be made from at one time, and what differs between
//! two such times.

use std::collections::BTreeMap;

use super::shelf::Shelf;
use crate::loader::pairs::{Pairing, Version};

/// What each worker is to be made from, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    workers: BTreeMap<String, Version>,
}

/// How a worker differs from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Added,
    Changed,
    Removed,
}

impl Snapshot {
    /// What is known now. A worker of which anything is not known yet stays as it was in
    /// `old`: its component and its manifest change together or not at all.
    pub(super) fn of(shelf: &Shelf, pairing: &Pairing, old: &Self) -> Self {
        let mut workers = BTreeMap::new();
        for (name, why) in shelf.refused() {
            workers.insert(name.clone(), Version::refused(why.clone()));
        }
        for name in pairing.workers(shelf) {
            let known = pairing.version(name, shelf);
            let version = known.or_else(|| old.get(name.as_str()).cloned());
            workers.extend(version.map(|version| (name.to_string(), version)));
        }
        Self { workers }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Version> {
        self.workers.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.workers.keys()
    }

    /// Writes down what a worker is made from; nothing if there is none.
    pub(super) fn set(&mut self, name: &str, version: Option<Version>) {
        match version {
            Some(version) => self.workers.insert(name.to_owned(), version),
            None => self.workers.remove(name),
        };
    }
}

/// All that differs between two times, by the workers' names.
pub(super) fn changes(old: &Snapshot, new: &Snapshot) -> BTreeMap<String, Difference> {
    let gone = old.names().filter(|name| new.get(name).is_none());
    let all = new.names().chain(gone);
    all.filter_map(|name| Some((name.clone(), difference(old.get(name), new.get(name))?))).collect()
}

/// What differs of one worker. Whoever takes out its component wants it gone, even if a
/// manifest is left behind; a manifest that names one which is not there is a mistake.
pub(super) fn difference(old: Option<&Version>, new: Option<&Version>) -> Option<Difference> {
    match (old, new) {
        (None, None) => None,
        (None, Some(_)) => Some(Difference::Added),
        (Some(_), None) => Some(Difference::Removed),
        (Some(old), Some(new)) if is_taken_out(old, new) => Some(Difference::Removed),
        (Some(old), Some(new)) => (old != new).then_some(Difference::Changed),
    }
}

fn is_taken_out(old: &Version, new: &Version) -> bool {
    let is_new = new.lacks_component() && !old.lacks_component();
    is_new && old.component() == new.component()
}
