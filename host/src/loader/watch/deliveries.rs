//! Who has been told what: each change of a worker is told once, the next one only when the
//! one before was dealt with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::bell::Answer;
use super::pace::Pace;
use super::snapshot::{Difference, Snapshot, changes, difference};
use crate::loader::pairs::Version;

/// The most changes that are being dealt with at a time.
const OPEN: usize = 64;

/// What the node has been told of its folder.
#[derive(Debug)]
pub(super) struct Deliveries {
    pace: Pace,
    /// What there is.
    current: Snapshot,
    /// What has been told.
    told: Snapshot,
    /// What differs.
    waiting: BTreeMap<String, Difference>,
    /// What is being dealt with, and what had been told before that.
    open: BTreeMap<String, Option<Version>>,
    /// What could not be dealt with.
    held: BTreeMap<String, Held>,
    /// What is to be told again although nothing has changed.
    asked: BTreeSet<String>,
}

/// A change that is not told again before its time.
#[derive(Debug)]
struct Held {
    version: Option<Version>,
    failures: u32,
    until: Option<Instant>,
}

impl Deliveries {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            current: Snapshot::default(),
            told: Snapshot::default(),
            waiting: BTreeMap::new(),
            open: BTreeMap::new(),
            held: BTreeMap::new(),
            asked: BTreeSet::new(),
        }
    }

    pub(super) fn current(&self) -> &Snapshot {
        &self.current
    }

    /// This is what there is now.
    pub(super) fn update(&mut self, current: Snapshot) {
        self.current = current;
        self.waiting = changes(&self.told, &self.current);
        self.asked.retain(|name| self.current.get(name).is_some());
        for name in &self.asked {
            self.waiting.entry(name.clone()).or_insert(Difference::Changed);
        }
        // Another file is no failure of the one before it.
        let current = &self.current;
        self.held.retain(|name, held| held.version.as_ref() == current.get(name));
    }

    /// Tell one worker again, or all.
    pub(super) fn ask(&mut self, name: Option<String>) {
        let names: Vec<_> = match name {
            Some(name) => Vec::from([name]),
            None => self.current.names().cloned().collect(),
        };
        for name in names.into_iter().filter(|name| self.current.get(name).is_some()) {
            self.held.remove(&name);
            self.waiting.entry(name.clone()).or_insert(Difference::Changed);
            self.asked.insert(name);
        }
    }

    /// The next that may be told now. It is being dealt with from now on.
    pub(super) fn next(&mut self, now: Instant) -> Option<(String, Difference, Option<Version>)> {
        if self.open.len() >= OPEN {
            return None;
        }
        let (name, difference) = self.ready(now).next()?;
        let (name, difference) = (name.clone(), difference);
        let version = match difference {
            Difference::Removed => None,
            _ => self.current.get(&name).cloned(),
        };
        self.waiting.remove(&name);
        self.asked.remove(&name);
        self.open.insert(name.clone(), self.told.get(&name).cloned());
        self.told.set(&name, version.clone());
        Some((name, difference, version))
    }

    fn ready(&self, now: Instant) -> impl Iterator<Item = (&String, Difference)> {
        let is_held =
            move |name: &String| self.held.get(name).is_some_and(|held| held.until > Some(now));
        self.waiting
            .iter()
            .filter(move |(name, _)| !self.open.contains_key(*name) && !is_held(name))
            .map(|(name, difference)| (name, *difference))
    }

    /// A change has been dealt with.
    pub(super) fn answer(&mut self, name: String, answer: Answer, now: Instant) {
        let Some(before) = self.open.remove(&name) else { return };
        match answer {
            Answer::Done => {
                self.held.remove(&name);
            }
            Answer::Again => {
                let failures =
                    self.held.get(&name).map_or(1, |held| held.failures.saturating_add(1));
                let until = now.checked_add(self.pace.back_off(failures));
                let version = self.told.get(&name).cloned();
                self.told.set(&name, before);
                if version.as_ref() == self.current.get(&name) {
                    self.held.insert(name.clone(), Held { version, failures, until });
                }
            }
        }
        let asked = || self.asked.contains(&name).then_some(Difference::Changed);
        match difference(self.told.get(&name), self.current.get(&name)).or_else(asked) {
            Some(difference) => self.waiting.insert(name, difference),
            None => self.waiting.remove(&name),
        };
    }

    /// When something that is held back may be told.
    pub(super) fn next_at(&self, now: Instant) -> Option<Instant> {
        self.held.values().filter_map(|held| held.until).filter(|until| *until > now).min()
    }

    /// Whether all that may be told now has been dealt with.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.open.is_empty() && self.ready(now).next().is_none()
    }
}
