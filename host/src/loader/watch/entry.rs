//! One file on its way from being seen to being known.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::pace::Pace;
use crate::loader::LoadError;
use crate::loader::listing::Look;
use crate::loader::stamp::Stamp;
use crate::loader::text::Text;

/// What a file comes to.
#[derive(Debug)]
pub(super) enum Fact {
    Component(blake3::Hash),
    Manifest(Arc<Text>),
    /// Why it cannot be used.
    Bad(LoadError),
}

/// What is seen of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    File(Stamp),
    Special,
    /// The system says nothing of it.
    Unknown,
    Absent,
}

/// The time: as it passes, and as the files have it.
pub(super) type Now = (Instant, SystemTime);

/// What is to be done about a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing before then.
    Rest(Option<Instant>),
    /// It is to be read.
    Read { as_it_is: bool },
    /// It is no regular file, and that counts.
    NotAFile,
    /// It has been taken out.
    Gone,
}

/// A file, from the first time that it was seen.
#[derive(Debug)]
pub(super) struct Entry {
    seen: Seen,
    /// Since when it has looked so.
    since: Instant,
    /// What was found when it last counted, and what it looked like then.
    fact: Option<(Seen, Fact)>,
    /// It is not read before then, or read again then.
    again: Option<Instant>,
    /// How often in a row it could not be read.
    failures: u32,
    /// Whether it was read once and found incomplete.
    was_incomplete: bool,
}

impl Entry {
    pub(super) fn new(look: Look, now: Now) -> Self {
        let (seen, since) = seen(Some(look), now);
        Self { seen, since, fact: None, again: None, failures: 0, was_incomplete: false }
    }

    /// It looks like this now; it is not there if like nothing.
    pub(super) fn see(&mut self, look: Option<Look>, now: Now) {
        let (seen, since) = seen(look, now);
        if seen != self.seen {
            (self.seen, self.since) = (seen, since);
            (self.again, self.failures) = (None, 0);
        }
    }

    pub(super) fn looks_like(&self, stamp: &Stamp) -> bool {
        self.seen == Seen::File(*stamp)
    }

    /// What is known of it, unless it has changed since.
    pub(super) fn fact(&self) -> Option<&Fact> {
        self.fact.as_ref().filter(|(of, _)| *of == self.seen).map(|(_, fact)| fact)
    }

    /// Whether nobody has tried yet to find out what it comes to.
    pub(super) fn is_untried(&self) -> bool {
        self.fact.is_none() && !self.was_incomplete && self.seen != Seen::Absent
    }

    /// The bytes of the manifest that it holds.
    pub(super) fn room(&self) -> u64 {
        match &self.fact {
            Some((_, Fact::Manifest(text))) => text.bytes,
            _ => 0,
        }
    }

    /// What is to be done about it; with `absent_from`, it is not gone before that.
    pub(super) fn step(&self, pace: &Pace, absent_from: Option<Instant>, now: Instant) -> Step {
        let rested = self.since.checked_add(pace.quiet);
        let step = |at: Option<Instant>, step: Step| match at {
            Some(at) if at <= now => step,
            at => Step::Rest(at),
        };
        match self.seen {
            Seen::Absent => step(self.since.checked_add(pace.absence).max(absent_from), Step::Gone),
            Seen::Special if self.fact().is_none() => step(rested, Step::NotAFile),
            Seen::Special => Step::Rest(None),
            Seen::File(_) | Seen::Unknown => {
                let at = if self.fact().is_none() { rested.max(self.again) } else { self.again };
                let as_it_is = now.saturating_duration_since(self.since) >= pace.patience;
                step(at, Step::Read { as_it_is })
            }
        }
    }

    /// This counts from now on, as long as it looks as it does.
    pub(super) fn know(&mut self, fact: Fact) {
        self.fact = Some((self.seen, fact));
        (self.again, self.failures) = (None, 0);
    }

    /// It could not be read. Whoever knows of a failure that lasts is not told again.
    pub(super) fn fail(&mut self, why: LoadError, pace: &Pace, now: Instant) -> bool {
        let failures = self.failures.saturating_add(1);
        let passes = matches!(why, LoadError::Read { .. });
        self.know(Fact::Bad(why));
        if passes {
            self.failures = failures;
            self.again = now.checked_add(pace.back_off(failures));
        }
        true
    }

    /// It is incomplete, and may be given more.
    pub(super) fn wait_for_more(&mut self, pace: &Pace) -> bool {
        self.again = self.since.checked_add(pace.patience);
        self.was_incomplete = true;
        false
    }

    /// It is not as it was seen: another look has to come first.
    pub(super) fn later(&mut self, now: Instant, wait: Duration) -> bool {
        self.again = now.checked_add(wait);
        false
    }

    /// It counts, and is to be read once more.
    pub(super) fn once_more(&mut self, now: Instant, wait: Duration) {
        self.again = now.checked_add(wait);
    }
}

/// What is seen, and since when it has been so.
fn seen(look: Option<Look>, (now, clock): Now) -> (Seen, Instant) {
    match look {
        Some(Look::File(stamp)) => {
            let since = now.checked_sub(stamp.age(clock));
            (Seen::File(stamp), since.unwrap_or(now))
        }
        Some(Look::Special) => (Seen::Special, now),
        Some(Look::Unknown(_)) => (Seen::Unknown, now),
        None => (Seen::Absent, now),
    }
}
