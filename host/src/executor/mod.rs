//! Threads that poll tasks: the two queues, the helping of a sender's thread,
//! and the ticker. Knows nothing of what it polls.
//!
//! A task is in a queue at most once (its [`Schedule`] sees to that), so the
//! queues are as long as there are tasks and need no bound of their own.

mod activity;
mod local;
mod queues;
mod schedule;
mod ticker;

use std::sync::Arc;
use std::thread::JoinHandle;

use local::Local;
use queues::Queues;
pub(crate) use schedule::{Rest, Schedule};
pub(crate) use ticker::{TICK, Ticker};

use crate::sync::{AtomicU64, Ordering};

/// Turns that a thread gives to tasks fresh from its own sends before the queue
/// gets its turn.
const IN_A_ROW: usize = 3;

/// Something that is polled while it has mail.
pub(crate) trait Task: Send + Sync + 'static {
    /// Its scheduling state.
    fn schedule(&self) -> &Schedule;
    /// Whether its recent turns were short, so that a sender's thread may take one.
    fn is_short(&self) -> bool;
    /// Do a bounded piece of work. Called by one thread at a time.
    fn turn(self: Arc<Self>) -> Turn;
}

/// How a turn ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// What is left to do.
    pub(crate) rest: Rest,
    /// Whether it used up its whole slice, and so belongs behind the others.
    pub(crate) spent: bool,
}

/// The threads that poll tasks, and where tasks wait for them.
pub(crate) struct Executor {
    id: u64,
    queues: Queues,
    ticker: Arc<Ticker>,
    runtime: tokio::runtime::Handle,
}

impl Executor {
    /// Start `threads` threads. They stop when [`Executor::shut_down`] is called.
    ///
    /// One more thread than may run tasks that used up their slice is kept, so
    /// that a short task never waits for one of those to yield.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        threads: usize,
        ticker: Arc<Ticker>,
        runtime: tokio::runtime::Handle,
    ) -> std::io::Result<(Arc<Self>, Vec<JoinHandle<()>>)> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let executor = Arc::new(Self { id, queues: Queues::new(threads), ticker, runtime });
        let handles = (0..=threads).map(|index| {
            let executor = executor.clone();
            std::thread::Builder::new()
                .name(format!("skep-worker-{index}"))
                .spawn(move || executor.work())
        });
        let handles = handles.collect::<Result<_, _>>()?;
        Ok((executor, handles))
    }

    /// Have the threads end once all that is queued has had its turn: tasks that are
    /// to end have to be told so before.
    pub(crate) fn shut_down(&self) {
        self.queues.close();
        self.ticker.shut_down();
    }

    /// Put a task that its schedule says must be queued where the next free
    /// thread finds it: this one, if it is in a turn or helps.
    pub(crate) fn submit(&self, task: Arc<dyn Task>) {
        if let Some(task) = Local::keep(self.id, task) {
            self.queues.push(task);
        }
    }

    /// Do `send`, and then give the tasks that it woke their first turns on this
    /// thread: waking another one costs far more than a short handler. It helps for
    /// at most one tick, with tasks whose recent turns were short, and no further
    /// than [`IN_A_ROW`] turns if others wait; the rest goes to the queue.
    pub(crate) fn helping<R>(&self, send: impl FnOnce() -> R) -> R {
        let Some(_scope) = Local::enter(self.id) else { return send() };
        let result = send();
        if let Some(first) = Local::take() {
            self.help(first);
        }
        result
    }

    fn help(&self, first: Arc<dyn Task>) {
        let _runtime = self.runtime.enter();
        let began = self.ticker.now();
        let mut next = Some(first);
        let mut turns = 0;
        while let Some(task) = next.take_if(|task| {
            let others_wait = turns >= IN_A_ROW && self.queues.is_waited_in();
            task.is_short() && self.ticker.now() == began && !others_wait
        }) {
            self.run(task);
            turns += 1;
            next = Local::take();
        }
        if let Some(task) = next {
            self.queues.push(task);
        }
    }

    /// What each thread does.
    fn work(&self) {
        let _runtime = self.runtime.enter();
        let _scope = Local::enter(self.id);
        while let Some((task, lane)) = self.queues.next() {
            self.run(task);
            for _ in 0..IN_A_ROW {
                let Some(task) = Local::take() else { break };
                self.run(task);
            }
            if let Some(task) = Local::take() {
                self.queues.push_quietly(task);
            }
            self.queues.done(lane);
        }
    }

    fn run(&self, task: Arc<dyn Task>) {
        task.schedule().begin();
        let turn = self.ticker.during(|| task.clone().turn());
        if task.schedule().end(turn.rest) {
            if turn.spent {
                self.queues.push_background(task);
            } else {
                self.queues.push(task);
            }
        }
    }
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Executor").field("id", &self.id).finish_non_exhaustive()
    }
}
