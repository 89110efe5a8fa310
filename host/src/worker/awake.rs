//! The live instances of a node: how many there may be, and which worker sleeps so that
//! another has room, or because nobody has needed it for a while.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::sync::{Mutex, lock};
use crate::timers::Timers;
use crate::worker::cell::Cell;

/// How often it is seen who has had nothing to do for long.
const SWEEP: Duration = Duration::from_millis(250);
/// How long a new instance waits for memory of those that are to sleep.
const FOR_MEMORY: Duration = Duration::from_millis(200);
/// The share of all instances that are to sleep at a time: choosing costs a look at each.
const BATCH: usize = 64;

/// The live instances of a node.
pub(crate) struct Awake {
    most: usize,
    /// The bytes of their memories together, and how many there may be.
    memory: Box<dyn Fn() -> (usize, usize) + Send + Sync>,
    live: Mutex<Live>,
    /// One has gone, or will not sleep after all.
    room: Notify,
    /// There is a new one.
    born: Notify,
}

#[derive(Default)]
struct Live {
    last: u64,
    waiting: usize,
    entries: HashMap<u64, Entry>,
}

struct Entry {
    cell: Weak<Cell>,
    /// It was told to sleep, and has not said that it does not.
    asked: bool,
    /// It was told to rest, and has not been used since.
    rests: bool,
    /// When it was last used, as far as was seen, and when that was seen first.
    used: u64,
    since: Instant,
}

/// The place of one live instance, free when this goes.
pub(super) struct Slot {
    awake: Arc<Awake>,
    key: u64,
}

/// What can be done for one who wants a place.
enum Chance {
    /// Others have been told to sleep.
    Soon,
    /// Somebody may sleep some time, and has something to do now.
    Later,
    /// Nobody may.
    None,
}

impl Awake {
    /// Room for `most` instances.
    pub(crate) fn new(
        most: usize,
        memory: impl Fn() -> (usize, usize) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            most: most.max(1),
            memory: Box::new(memory),
            live: Mutex::default(),
            room: Notify::new(),
            born: Notify::new(),
        })
    }

    /// How many there are, and may be.
    pub(crate) fn usage(&self) -> (usize, usize) {
        (lock(&self.live).entries.len(), self.most)
    }

    /// A place for an instance of this worker, for which others are told to sleep if there
    /// is none.
    ///
    /// # Errors
    /// Why there is none `within` this time.
    pub(super) async fn slot(
        self: &Arc<Self>,
        cell: &Cell,
        within: Duration,
    ) -> Result<Slot, String> {
        if let Some(slot) = self.take(cell) {
            self.wait_for_memory().await;
            return Ok(slot);
        }
        let _waiting = Waiting::new(self);
        let end = Instant::now() + within;
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            if let Some(slot) = self.take(cell) {
                return Ok(slot);
            }
            let chance = self.make_room();
            if matches!(chance, Chance::None) || timeout_at(end, room).await.is_err() {
                return Err(self.refusal(&chance));
            }
        }
    }

    fn refusal(&self, chance: &Chance) -> String {
        let why = match chance {
            Chance::None => {
                "none of their workers may sleep (they export no `state`, and \
                             are not said to be `stateless`)"
            }
            _ => "none of their workers came to sleep in time",
        };
        format!(
            "all {} instances that the node may have are in use, and {why}; \
             `instances` in [node] of node.toml says how many there may be",
            self.most
        )
    }

    fn take(self: &Arc<Self>, cell: &Cell) -> Option<Slot> {
        let mut live = lock(&self.live);
        if live.entries.len() >= self.most {
            return None;
        }
        live.last += 1;
        let key = live.last;
        let cell = Arc::downgrade(&cell.me()?);
        let entry = Entry { cell, asked: false, rests: false, used: 0, since: Instant::now() };
        live.entries.insert(key, entry);
        drop(live);
        self.born.notify_one();
        Some(Slot { awake: self.clone(), key })
    }

    /// Where memory is short others sleep, too; whoever begins waits a little for theirs.
    async fn wait_for_memory(&self) {
        let is_short = || {
            let (used, most) = (self.memory)();
            used / 9 > most / 10
        };
        let end = Instant::now() + FOR_MEMORY;
        while is_short() {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            let soon = matches!(self.make_room(), Chance::Soon);
            if !soon || timeout_at(end, room).await.is_err() {
                return;
            }
        }
    }

    /// Tell those to sleep that were used least recently.
    fn make_room(&self) -> Chance {
        let mut live = lock(&self.live);
        let asked = live.entries.values().filter(|entry| entry.asked).count();
        let wanted = (self.most / BATCH).max(live.waiting).max(1).saturating_sub(asked);
        if wanted == 0 {
            return Chance::Soon;
        }
        let (mut idle, mut later) = (Vec::new(), false);
        for (key, entry) in &live.entries {
            let Some(cell) = entry.cell.upgrade().filter(|_| !entry.asked) else { continue };
            if cell.may_sleep_now() {
                idle.push((cell.last_used(), *key, cell));
            } else {
                later |= cell.may_sleep();
            }
        }
        if idle.len() > wanted {
            idle.select_nth_unstable_by_key(wanted, |(used, key, _)| (*used, *key));
            idle.truncate(wanted);
        }
        for (_, key, _) in &idle {
            if let Some(entry) = live.entries.get_mut(key) {
                entry.asked = true;
            }
        }
        drop(live);
        idle.iter().for_each(|(.., cell)| cell.ask_to_sleep());
        match (idle.is_empty() && asked == 0, later) {
            (false, _) => Chance::Soon,
            (true, true) => Chance::Later,
            (true, false) => Chance::None,
        }
    }

    /// Have those sleep, or rest, that have had nothing to do for long, again and again.
    pub(crate) async fn run(self: Arc<Self>, timers: Arc<Timers>) {
        loop {
            timers.sleep(SWEEP).await;
            if lock(&self.live).entries.is_empty() {
                self.born.notified().await;
            }
            self.sweep(Instant::now());
        }
    }

    fn sweep(&self, now: Instant) {
        let (mut tired, mut still) = (Vec::new(), Vec::new());
        for entry in lock(&self.live).entries.values_mut() {
            let Some(cell) = entry.cell.upgrade() else { continue };
            let used = cell.last_used();
            if std::mem::replace(&mut entry.used, used) != used {
                entry.since = now;
                entry.rests = false;
            }
            let idle = now.saturating_duration_since(entry.since);
            if !entry.asked && cell.is_tired(idle) {
                entry.asked = true;
                tired.push(cell);
            } else if !entry.rests && cell.may_rest(idle) {
                entry.rests = true;
                still.push(cell);
            }
        }
        tired.iter().for_each(|cell| cell.ask_to_sleep());
        still.iter().for_each(|cell| cell.ask_to_rest());
    }
}

/// One who waits for a place.
struct Waiting<'a>(&'a Awake);

impl<'a> Waiting<'a> {
    fn new(awake: &'a Awake) -> Self {
        lock(&awake.live).waiting += 1;
        Self(awake)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.0.live).waiting -= 1;
    }
}

impl Slot {
    /// Its worker was told to sleep, and goes on.
    pub(super) fn keep(&self) {
        if let Some(entry) = lock(&self.awake.live).entries.get_mut(&self.key) {
            entry.asked = false;
        }
        self.awake.room.notify_waiters();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        lock(&self.awake.live).entries.remove(&self.key);
        self.awake.room.notify_waiters();
    }
}

impl std::fmt::Debug for Awake {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Awake").field("most", &self.most).finish_non_exhaustive()
    }
}
