//! The display of a running node: a thread of its own writes it, so that no worker ever
//! waits for a slow terminal.
//!
//! - `log`: what is logged, as lines.
//! - `painter`: the thread that writes, and the progress of the start.

mod log;
mod painter;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Duration, SystemTime};

use skep::Starting;
use skep::control::{printable, time};

use crate::failure::Failure;
use crate::journal::{self, Journal};
use crate::paint::{Colour, Paint};
use crate::record::Record;
use crate::show::painter::{Item, Painter, Progress};

/// Lines that wait to be written; beyond them they are counted and dropped.
const WAITING: usize = 4_096;

/// Where a running node is shown.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    items: SyncSender<Item>,
    paint: Paint,
    counts: Arc<Counts>,
    journal: Journal,
}

#[derive(Debug, Default)]
struct Counts {
    found: AtomicUsize,
    started: AtomicUsize,
    waiting: AtomicUsize,
    failed: AtomicUsize,
    /// Lines that had no room.
    dropped: AtomicUsize,
}

impl Counts {
    /// Of how many it is known what has come of them.
    fn done(&self) -> usize {
        let all = [&self.started, &self.waiting, &self.failed];
        all.into_iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

impl Screen {
    /// Begin to show what is logged, as far as the filter lets it pass.
    pub(crate) fn start(filter: &str) -> Result<Self, Failure> {
        let (items, waiting) = sync_channel(WAITING);
        let paint = Paint::detect();
        let journal = Journal::start()?;
        let screen = Self { items, paint, counts: Arc::default(), journal };
        log::install(filter, screen.clone())?;
        let painter = Painter::new(waiting, paint);
        let thread = std::thread::Builder::new().name("skep-screen".into());
        let spawned = thread.spawn(move || painter.paint());
        spawned.map_err(|why| Failure::new(format!("the system gives no thread: {why}")))?;
        Ok(screen)
    }

    /// Show a step in the node's own life.
    pub(crate) fn say(&self, step: &str, text: &str) {
        self.journal.put(Record::of_node(format!("{step}: {text}")));
        let step = self.paint.bold(&format!("{step}:"));
        self.line(format!("{step} {}", printable(text)));
    }

    /// Show that all workers have started, or failed to.
    pub(crate) fn ready(&self, directory: &Path) {
        let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
        let (started, failed) = (count(&self.counts.started), count(&self.counts.failed));
        let noun = if started == 1 { "worker" } else { "workers" };
        let waiting = match count(&self.counts.waiting) {
            0 => String::new(),
            1 => ", 1 waits for others".into(),
            waiting => format!(", {waiting} wait for others"),
        };
        let failed = match failed {
            0 => String::new(),
            failed => self.paint.colour(Colour::Red, &format!(", {failed} failed")),
        };
        let directory = printable(&directory.display().to_string());
        self.journal.put(Record::of_node(format!("ready: {started} {noun} started")));
        let ready = self.paint.colour(Colour::Green, "ready:");
        self.line(format!("{ready} {started} {noun} started{waiting}{failed} on {directory}"));
    }

    /// Count how the start goes on.
    pub(crate) fn starting(&self, what: Starting<'_>) {
        let counts = &self.counts;
        let done = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::Relaxed);
        match what {
            Starting::Found(found) => counts.found.store(found, Ordering::Relaxed),
            Starting::Begins(name) => self.progress(name),
            Starting::Done(_) => _ = done(&counts.started),
            Starting::Waits(..) => _ = done(&counts.waiting),
            Starting::Failed(..) => _ = done(&counts.failed),
            _ => {}
        }
        if counts.done() == counts.found.load(Ordering::Relaxed) {
            self.put(Item::Started);
        }
    }

    fn progress(&self, name: &str) {
        let (done, all) = (self.counts.done(), self.counts.found.load(Ordering::Relaxed));
        self.put(Item::Starting(Progress { done, all, name: printable(name) }));
    }

    /// Show a record of the log, and keep it.
    fn record(&self, record: Record) {
        self.line(record.line(self.paint, &self.when()));
        self.journal.put(record);
    }

    /// Keep the log in this directory from now on: it is this node's.
    pub(crate) fn keep(&self, directory: &Path) {
        self.journal.open(journal::folder(directory));
    }

    /// Show a line, which is safe to print, if there is room for it.
    fn line(&self, line: String) {
        let dropped = self.counts.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let when = self.paint.dim(&self.when());
            let text = format!("{when} {dropped} lines were not shown: they came too fast");
            self.put(Item::Line(text));
        }
        self.put(Item::Line(line));
    }

    fn put(&self, item: Item) {
        if let Err(TrySendError::Full(Item::Line(_))) = self.items.try_send(item) {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn when(&self) -> String {
        let now = SystemTime::now();
        if self.paint.is_terminal() { time::short(now) } else { time::full(now) }
    }

    /// Wait until all is written, but not for ever: the reader may have stopped reading.
    pub(crate) fn finish(&self, patience: Duration) {
        let (written, wait) = sync_channel(1);
        if self.items.try_send(Item::Flush(written)).is_ok() {
            let _ = wait.recv_timeout(patience);
        }
        self.journal.finish(patience);
    }
}
