//! What the node and its workers log, for tests to read.
//!
//! One log serves the whole process, as `tracing` has it: a test that reads it is
//! the only one that runs meanwhile ([`crate::Yard::alone`]).

use std::fmt::Debug;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// One record.
#[derive(Clone, Debug)]
pub struct Line {
    /// How grave it is.
    pub level: Level,
    /// Whose it is: `skep::worker` for what a worker has logged.
    pub target: String,
    /// Which worker it is of, or about.
    pub worker: String,
    /// What it says.
    pub text: String,
}

/// Whoever logs this panics, as if the node had a defect there.
pub const DEFECT: &str = "a defect of the node";

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Begin to keep what is logged, from now on.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Keep);
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
    lines_mut(Vec::clear);
}

/// All that was logged since this test began.
pub fn lines() -> Vec<Line> {
    lines_mut(|lines| lines.clone())
}

/// What one worker has logged.
pub fn of(worker: &str) -> Vec<String> {
    of_workers().filter(|line| line.worker == worker).map(|line| line.text).collect()
}

/// The workers that have logged something, in the order of their lines.
pub fn workers() -> Vec<String> {
    of_workers().map(|line| line.worker).collect()
}

fn of_workers() -> impl Iterator<Item = Line> {
    lines().into_iter().filter(|line| line.target == "skep::worker")
}

fn lines_mut<R>(use_them: impl FnOnce(&mut Vec<Line>) -> R) -> R {
    use_them(&mut LINES.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Keep;

impl<S: Subscriber> Layer<S> for Keep {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("skep") && *metadata.level() <= Level::INFO
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut parts = Parts::default();
        event.record(&mut parts);
        assert_ne!(parts.text, DEFECT, "asked for");
        let metadata = event.metadata();
        let (level, target) = (*metadata.level(), metadata.target().into());
        let line = Line { level, target, worker: parts.worker, text: parts.text };
        lines_mut(|lines| lines.push(line));
    }
}

#[derive(Default)]
struct Parts {
    worker: String,
    text: String,
}

impl Visit for Parts {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.text = format!("{value:?}"),
            "worker" => self.worker = format!("{value:?}").trim_matches('"').into(),
            _ => {}
        }
    }
}
