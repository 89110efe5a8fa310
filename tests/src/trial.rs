//! One attack on a node, beside a neighbour: what the attacker sees is the test's to
//! check, what the neighbour and the process notice is checked here.

use std::time::Duration;

use skep::{Address, Node, NodeBuilder, WorkerOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Yard;
use crate::guests::{core, guest};
use crate::neighbour::{self, Load, Tally};
use crate::process::{self, Held};
use crate::report::Report;
use crate::wait::until;

/// How long the neighbour is watched at least, before and meanwhile.
const SPAN: Duration = Duration::from_millis(300);

/// How long a worker may go on with its mail when it is stopped.
const DRAIN: Duration = Duration::from_millis(200);

/// Compiled components that the node may keep under the names of workers that are gone.
const KEPT: usize = 2;

/// A hostile guest and its name, both from its file.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `g2_1_endless_loop`.
    pub name: &'static str,
    /// What its file says.
    pub guest: &'static str,
}

impl Row {
    /// The same guest in another attack, with a name of its own.
    #[must_use]
    pub fn as_attack(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The guest as a core module.
    pub fn core(&self) -> Vec<u8> {
        core(self.guest)
    }

    /// The guest as a script for the puppet: without the lines that are comments.
    pub fn script(&self) -> String {
        let lines = self.guest.lines().filter(|line| !line.starts_with('#'));
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// A node under attack.
pub struct Trial {
    /// The node.
    pub yard: Yard,
    /// The attacker.
    pub row: Row,
    /// What the attack may leave in the process's memory, in bytes (24 MiB): what the
    /// allocator and the tests' log keep.
    pub may_leave: i64,
    beside: Tally,
}

/// Have `attack` attack a node with two threads. It says what the attacker has seen.
///
/// # Panics
/// When something of the neighbour's is lost, or the process does not become again what
/// it was.
pub fn attack(row: Row, attack: impl AsyncFnOnce(&mut Trial) -> String) {
    attack_on(Node::builder(), row, attack);
}

/// The same with a node that is set otherwise.
///
/// # Panics
/// As [`attack`] does.
pub fn attack_on(node: NodeBuilder, row: Row, attack: impl AsyncFnOnce(&mut Trial) -> String) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(process::THREAD)
        // So that the threads that have compiled something are soon gone.
        .thread_keep_alive(Duration::from_millis(20))
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let yard = Yard::alone(node.threads(2).drain(DRAIN)).await;
        Load::prepare(&yard).await;
        let mut trial = Trial { yard, row, may_leave: 24 << 20, beside: Tally::default() };
        let (quiet, before) = trial.quiet().await;
        let saw = attack(&mut trial).await;
        trial.check(saw, &quiet, before).await;
        trial.end().await;
    });
}

impl Trial {
    /// The neighbour's figures while nothing happens, and what the process holds.
    async fn quiet(&self) -> (Tally, Option<Held>) {
        self.watch(async |_| sleep(SPAN / 6).await).await;
        let quiet = self.watch(async |_| sleep(SPAN).await).await.1;
        (quiet, process::held())
    }

    /// Do something under load.
    async fn watch<T>(&self, something: impl AsyncFnOnce(&Yard) -> T) -> (T, Tally) {
        let load = Load::begin(self.yard.app.clone());
        let done = something(&self.yard).await;
        (done, load.end().await)
    }

    /// Attack beside the neighbour's load, once at least, and again for as long as it is
    /// watched. What the last time came to.
    pub async fn beside<T>(&mut self, mut attack: impl AsyncFnMut(&Yard) -> T) -> T {
        let (last, tally) = self
            .watch(async |yard| {
                let until = Instant::now() + SPAN;
                loop {
                    let last = attack(yard).await;
                    if Instant::now() >= until {
                        break last;
                    }
                }
            })
            .await;
        self.beside.merge(tally);
        last
    }

    /// Start the guest as the worker `w`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(&self, set: impl FnOnce(&mut WorkerOptions)) -> Address {
        self.start_as("w", set).await
    }

    /// Start the guest under a name.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_as(&self, name: &str, set: impl FnOnce(&mut WorkerOptions)) -> Address {
        let started = self.yard.try_start(name, self.row.core(), set).await;
        started.unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// Start the puppet as the worker `w`, and some others beside it.
    pub async fn puppets(&self, others: &[&str], set: impl FnOnce(&mut WorkerOptions)) {
        for other in others {
            self.yard.start(other, "puppet").await;
        }
        let started = self.yard.try_start("w", guest("puppet"), set).await;
        started.unwrap_or_else(|why| panic!("w: {why}"));
    }

    /// The neighbour has lost nothing, and all of the attacker goes with it.
    async fn check(&mut self, saw: String, quiet: &Tally, before: Option<Held>) {
        let beside = std::mem::take(&mut self.beside);
        let neighbour =
            self.yard.status(neighbour::NAME).map(|status| (status.failed, status.restarts));
        assert_eq!(neighbour, Some((0, 0)), "the neighbour has failed");
        self.stop_others().await;
        self.yard.node.drop_dead_letters();
        let mut report = Report::new(self.row.name, saw, quiet, &beside);
        if let Some(before) = before {
            back_to(before).await;
        }
        report.memory = Report::grown(before, process::held());
        println!("{report}");
        report.write();
        assert!(beside.asked() > 0, "nobody asked the neighbour");
        assert_eq!(beside.lost, [""; 0], "lost");
        assert_eq!(beside.wrong, [""; 0], "wrong");
        let within = process::is_shared() || report.memory < self.may_leave;
        assert!(within, "{} bytes of memory are left behind", report.memory);
    }

    /// Stop all but the neighbour.
    async fn stop_others(&self) {
        let others = || {
            let workers = self.yard.workers().into_iter();
            workers.filter(|name| name != neighbour::NAME).collect::<Vec<_>>()
        };
        let mut stopping = JoinSet::new();
        for name in others() {
            let node = self.yard.node.clone();
            // One that others have started goes with them.
            stopping.spawn(async move { drop(node.stop_worker(name.as_str()).await) });
        }
        stopping.join_all().await;
        until("the attacker is gone", || others().is_empty().then_some(())).await;
    }

    /// Nothing of the node outlives it.
    async fn end(self) {
        self.yard.node.stop().await;
        drop(self.yard);
        let of_node = || process::threads().iter().any(|name| name.starts_with("skep-"));
        until("the node's threads are gone", || (!of_node()).then_some(())).await;
    }
}

/// Wait until threads and open files are what they were.
async fn back_to(before: Held) {
    let look = || {
        let now = process::held()?;
        let files = now.files <= before.files && now.images <= before.images + KEPT;
        (now.threads <= before.threads && files || process::is_shared()).then_some(())
    };
    let now = tokio::time::timeout(Duration::from_secs(15), until("threads and files", look)).await;
    assert!(
        now.is_ok(),
        "{before:?} before, {:?} after: {:?} {:?}",
        process::held(),
        process::threads(),
        process::files()
    );
}
