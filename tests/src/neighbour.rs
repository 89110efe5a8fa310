//! A well-behaved worker under constant load, beside whatever another one does.

use std::time::{Duration, Instant};

use skep::App;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::Yard;
use crate::times::Times;

/// Its name.
pub const NAME: &str = "neighbour";

/// It is asked once in this time, and more often only to catch up.
const PACE: Duration = Duration::from_millis(1);

/// What became of the messages of a load.
#[derive(Debug, Default)]
pub struct Tally {
    /// How long the answers took.
    pub times: Times,
    /// Messages that brought no answer, and why not.
    pub lost: Vec<String>,
    /// Answers to something else.
    pub wrong: Vec<String>,
}

impl Tally {
    /// How many messages it was.
    pub fn asked(&self) -> usize {
        self.times.len() + self.lost.len() + self.wrong.len()
    }

    /// Those of another load, too.
    pub fn merge(&mut self, other: Self) {
        self.times.merge(other.times);
        self.lost.extend(other.lost);
        self.wrong.extend(other.wrong);
    }
}

/// Load on the neighbour, from a task of its own.
pub struct Load {
    stop: watch::Sender<bool>,
    task: JoinHandle<Tally>,
}

impl Load {
    /// Start the neighbour; nobody asks it yet.
    pub async fn prepare(yard: &Yard) {
        yard.start(NAME, "bare").await;
    }

    /// Begin to ask it.
    pub fn begin(app: App) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(ask(app, stopped)) }
    }

    /// End, and say what became of it.
    pub async fn end(self) -> Tally {
        self.stop.send_replace(true);
        self.task.await.expect("a load")
    }
}

async fn ask(app: App, stopped: watch::Receiver<bool>) -> Tally {
    let mut tally = Tally::default();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while !*stopped.borrow() {
        pace.tick().await;
        let question = format!("question {}", tally.asked());
        let began = Instant::now();
        match app.send_and_receive::<String>(NAME, &question).await {
            Ok(answer) if answer == question => tally.times.add(began.elapsed()),
            Ok(answer) => tally.wrong.push(answer),
            Err(why) => tally.lost.push(why.to_string()),
        }
    }
    tally
}
