//! The watcher's thread: looks, reads, compares, tells, and waits until it is time again.

use std::collections::BTreeSet;
use std::path::Display;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::Sender;

use super::News;
use super::bell::Bell;
use super::change::Change;
use super::deliveries::Deliveries;
use super::events::{self, Events};
use super::pace::Pace;
use super::reading::read;
use super::shelf::Shelf;
use super::snapshot::Snapshot;
use crate::config::NodeConfig;
use crate::loader::Pinned;
use crate::loader::listing::{Listing, list};
use crate::loader::names::FileName;
use crate::loader::pairs::Pairing;

/// Looking takes at most one part in so many of a processor,
const SHARE: u32 = 20;
/// and while something goes on it rests so many times as long as it took.
const BUSY_SHARE: u32 = 2;
/// Files are read for so long before what they hold is told.
const BATCH: Duration = Duration::from_millis(50);

/// Nobody wants to be told any more.
pub(super) struct Unheard;

/// How events of a folder are asked for.
pub(super) type Listen = fn(&Pinned, Arc<Bell>) -> Result<Events, String>;

/// The one who watches a folder.
pub(super) struct Sentry {
    folder: Arc<Pinned>,
    node: NodeConfig,
    pairing: Pairing,
    shelf: Shelf,
    deliveries: Deliveries,
    events: Option<Events>,
    listen: Listen,
    pace: Pace,
    bell: Arc<Bell>,
    news: Sender<News>,
    /// What is wrong with the folder as a whole, as it was told last.
    trouble: Option<String>,
    /// The files that others may change, of which it was told.
    risky: BTreeSet<FileName>,
    began: Instant,
    is_caught_up: bool,
}

impl Sentry {
    pub(super) fn new(
        folder: Arc<Pinned>,
        node: NodeConfig,
        bell: Arc<Bell>,
        news: Sender<News>,
        listen: Listen,
    ) -> Self {
        let pace = Pace::default();
        Self {
            pairing: Pairing::new(&node),
            shelf: Shelf::new(folder.clone(), pace),
            deliveries: Deliveries::new(pace),
            events: None,
            trouble: None,
            risky: BTreeSet::new(),
            began: Instant::now(),
            is_caught_up: false,
            folder,
            node,
            pace,
            bell,
            news,
            listen,
        }
    }

    /// Watches until nobody wants to be told any more.
    pub(super) fn watch(mut self) -> Result<(), Unheard> {
        // Before the first look: what happens after it is not missed.
        self.listen()?;
        let mut is_first = true;
        loop {
            let began = Instant::now();
            if let Some(listing) = self.list()? {
                self.take_in(listing, is_first)?;
                is_first = false;
            }
            self.rest(began.elapsed())?;
        }
    }

    fn listen(&mut self) -> Result<(), Unheard> {
        self.events = None;
        match (self.listen)(&self.folder, self.bell.clone()) {
            Ok(events) => self.events = Some(events),
            Err(why) => self.say(News::Warning(format!(
                "{}: the system tells nothing of changes ({why}): it is looked through every {:?}",
                self.shown(),
                self.pace.poll
            )))?,
        }
        Ok(())
    }

    /// What lies in the folder; nothing if that cannot be told, which is no reason to take
    /// anything away.
    fn list(&mut self) -> Result<Option<Listing>, Unheard> {
        let mut listing = list(&self.folder);
        // Whatever was seen in a deleted folder says nothing.
        if self.folder.is_deleted() {
            let Ok(folder) = Pinned::open(self.folder.path()) else {
                let words = format!("{} is gone: its workers go on as they are", self.shown());
                return self.complain(words).map(|()| None);
            };
            self.folder = Arc::new(folder);
            self.shelf.move_to(self.folder.clone(), Instant::now());
            self.listen()?;
            listing = list(&self.folder);
        }
        match listing {
            Err(why) => self.complain(why.to_string()).map(|()| None),
            Ok(listing) => {
                self.check_path()?;
                self.warn_of(&listing)?;
                Ok(Some(listing))
            }
        }
    }

    fn check_path(&mut self) -> Result<(), Unheard> {
        if !self.folder.is_at_its_path() {
            return self.complain(format!(
                "{} is no longer the folder that the node has opened: that one still counts \
                 wherever it is now; start the node again to have it use another",
                self.shown()
            ));
        }
        match self.trouble.take() {
            Some(_) => self.say(News::Note(format!("{} is as it should be again", self.shown()))),
            None => Ok(()),
        }
    }

    fn warn_of(&mut self, listing: &Listing) -> Result<(), Unheard> {
        let known = std::mem::take(&mut self.risky);
        self.risky = listing.risks.iter().map(|(name, _)| name.clone()).collect();
        match listing.warning(&self.folder, |name| !known.contains(name)) {
            Some(words) => self.say(News::Warning(words)),
            None => Ok(()),
        }
    }

    /// Takes in what was seen: reads what is to be read, and tells what has changed.
    fn take_in(&mut self, listing: Listing, is_first: bool) -> Result<(), Unheard> {
        let mut changed = self.shelf.see(listing, (Instant::now(), SystemTime::now()));
        if is_first {
            let count = self.pairing.workers(&self.shelf).len();
            self.say(News::Found(count.saturating_add(self.shelf.refused().len())))?;
        }
        let mut cost = Duration::ZERO;
        loop {
            changed |= self.shelf.settle(Instant::now());
            // Comparing takes time too: it is done the more rarely.
            let (has_read, is_all) = self.read(BATCH.max(cost.saturating_mul(BUSY_SHARE)));
            if changed || has_read {
                let began = Instant::now();
                let old = self.deliveries.current();
                self.deliveries.update(Snapshot::of(&self.shelf, &self.pairing, old));
                cost = began.elapsed();
                changed = false;
            }
            self.deliver()?;
            if is_all {
                return Ok(());
            }
        }
    }

    /// Reads files for so long. Says whether one of them counts now, and whether all were read.
    fn read(&mut self, time: Duration) -> (bool, bool) {
        let began = Instant::now();
        let mut changed = false;
        for due in self.shelf.due(began) {
            if began.elapsed() > time || self.bell.is_stopped() {
                return (changed, false);
            }
            let content = read(&self.folder, &due, &self.pace, self.node.component());
            changed |= self.shelf.learn(&due, content, Instant::now());
        }
        (changed, true)
    }

    /// Takes the answers that have come, and tells what may be told.
    fn deliver(&mut self) -> Result<(), Unheard> {
        let rung = self.bell.take();
        if rung.stop {
            return Err(Unheard);
        }
        if let Some(node) = rung.settings {
            self.pairing = Pairing::new(&node);
            self.node = node;
            let old = self.deliveries.current();
            self.deliveries.update(Snapshot::of(&self.shelf, &self.pairing, old));
            // What was refused may be allowed now, and the other way round.
            self.deliveries.ask(None);
        }
        let now = Instant::now();
        for (worker, answer) in rung.answers {
            self.deliveries.answer(worker, answer, now);
        }
        for worker in rung.again {
            self.deliveries.ask(worker);
        }
        while let Some((worker, difference, version)) = self.deliveries.next(now) {
            let (folder, bell) = (self.folder.clone(), self.bell.clone());
            let change = Change::new(worker, difference, version, &self.node, folder, bell);
            self.say(News::Change(Box::new(change)))?;
        }
        Ok(())
    }

    /// Waits until it is time to look again, after a look that took so long.
    fn rest(&mut self, cost: Duration) -> Result<(), Unheard> {
        let now = Instant::now();
        let hears = self.events.is_some() && events::deaf(&self.folder).is_none();
        let often = if hears { self.pace.rescan } else { self.pace.poll };
        let latest = now.checked_add(often.max(cost.saturating_mul(SHARE))).unwrap_or(now);
        let pause = (self.pace.quiet / 2).max(cost.saturating_mul(BUSY_SHARE));
        let earliest = now.checked_add(pause).unwrap_or(now);
        loop {
            let now = Instant::now();
            self.catch_up(now)?;
            let next = self.shelf.next(now).into_iter().chain(self.deliveries.next_at(now)).min();
            let until = next.map_or(latest, |next| latest.min(next.max(earliest)));
            let is_time = self.bell.wait(until, earliest);
            self.deliver()?;
            if is_time {
                return Ok(());
            }
        }
    }

    /// Says once that all which lay there at first has been dealt with. What was written just
    /// before is waited for, but not what somebody keeps writing.
    fn catch_up(&mut self, now: Instant) -> Result<(), Unheard> {
        let is_late = now.saturating_duration_since(self.began) > self.pace.patience;
        let is_all = is_late || !self.shelf.has_untried();
        if self.is_caught_up || !is_all || !self.deliveries.is_idle(now) {
            return Ok(());
        }
        self.is_caught_up = true;
        self.say(News::CaughtUp)
    }

    fn complain(&mut self, words: String) -> Result<(), Unheard> {
        if self.trouble.as_ref() == Some(&words) {
            return Ok(());
        }
        self.trouble = Some(words.clone());
        self.say(News::Warning(words))
    }

    fn say(&self, news: News) -> Result<(), Unheard> {
        self.news.blocking_send(news).map_err(|_| Unheard)
    }

    fn shown(&self) -> Display<'_> {
        self.folder.path().display()
    }
}
