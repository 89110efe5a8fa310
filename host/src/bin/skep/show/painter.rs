//! The thread that writes to the terminal: lines, and below them how far a long start is.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::paint::Paint;

/// A start that takes no longer needs no progress display.
const LONG: Duration = Duration::from_secs(1);
/// How often the display moves.
const TICK: Duration = Duration::from_millis(100);

/// What is to be shown.
#[derive(Debug)]
pub(super) enum Item {
    /// A line without its end.
    Line(String),
    /// The start has come so far.
    Starting(Progress),
    /// The start is over.
    Started,
    /// Tell when everything before this is written.
    Flush(SyncSender<()>),
}

/// How far the start is.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) done: usize,
    pub(super) all: usize,
    /// Who is started now.
    pub(super) name: String,
}

pub(super) struct Painter {
    items: Receiver<Item>,
    /// Whether somebody would see a progress display.
    watched: bool,
    started: Option<Instant>,
    progress: Option<Progress>,
    bar: Option<ProgressBar>,
}

impl Painter {
    pub(super) fn new(items: Receiver<Item>, paint: Paint) -> Self {
        let watched = paint.moves() && io::stderr().is_terminal();
        Self { items, watched, started: None, progress: None, bar: None }
    }

    /// Show all that comes until nobody can send any more.
    pub(super) fn paint(mut self) {
        loop {
            let next = match self.progress {
                Some(_) => self.items.recv_timeout(TICK),
                None => self.items.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(item) => self.show(item),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.tick();
        }
    }

    fn show(&mut self, item: Item) {
        match item {
            Item::Line(line) => self.write(&line),
            Item::Starting(progress) if self.watched => {
                self.started.get_or_insert_with(Instant::now);
                self.progress = Some(progress);
            }
            Item::Starting(_) => {}
            Item::Started => self.end_progress(),
            Item::Flush(written) => {
                self.end_progress();
                let _ = written.send(());
            }
        }
    }

    /// A reader who has gone does not end the node.
    fn write(&self, line: &str) {
        let write = || {
            let mut out = io::stdout().lock();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn tick(&mut self) {
        let Some(progress) = &self.progress else { return };
        if self.started.is_none_or(|started| started.elapsed() < LONG) {
            return;
        }
        let bar = self.bar.get_or_insert_with(new_bar);
        bar.set_length(progress.all as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.name.clone());
        bar.tick();
    }

    fn end_progress(&mut self) {
        self.progress = None;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{spinner} compiling {msg} ({pos} of {len} started, {elapsed})",
    );
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
