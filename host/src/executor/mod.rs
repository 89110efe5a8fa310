//! Threads that poll tasks: the lanes, the helping of a sender's thread, and the
//! ticker. Knows nothing of what it polls.
//!
//! A task waits in the lane that its [`Share`] of the threads says. Each lane has
//! threads of its own, those of the second and third with less priority: so the system
//! itself takes a core from whoever uses much as soon as somebody wants it who uses
//! little, in the middle of a slice too.
//!
//! A task is in a queue at most once (its [`Schedule`] sees to that), so the
//! queues are as long as there are tasks and need no bound of their own.

mod activity;
#[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links put off what they send"))]
mod after;
mod left;
mod local;
mod priority;
mod queue;
mod schedule;
mod share;
#[cfg(test)]
mod tests;
mod ticker;
mod yielding;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[cfg(feature = "cli")]
pub(crate) use after::in_one_go;
#[cfg(feature = "tcp")]
pub(crate) use after::{After, put_off};
use left::Left;
use local::Local;
pub(crate) use priority::step_back;
use queue::Queue;
pub(crate) use schedule::{Rest, Schedule};
use share::LANES;
pub(crate) use share::Share;
pub(crate) use ticker::{TICK, Ticker};
pub(crate) use yielding::yield_now;

use crate::sync::{AtomicU64, Ordering};

/// Turns that a thread gives to tasks fresh from its own sends before the queue
/// gets its turn.
const IN_A_ROW: usize = 3;

/// A thread of the program helps until this tick comes: for one tick at least, and less than
/// two. The very next one may come at once, and would hand a worker whose mail one thread could
/// handle as it comes to another thread, with a wake-up for each piece.
const HELP: u64 = 2;

/// How long a thread helps in each tick that has others to serve, in all: who it helps for that
/// long is as well served by a thread of a lane.
const LITTLE: Duration = Duration::from_micros(200);

/// What the threads of each lane are called, and how far they step back: by weights of the
/// system's scheduler, the third lane gets more than a tenth of what the first leaves none of.
const THREADS: [(&str, i32); LANES] = [("skep-short", 0), ("skep-busy", 4), ("skep-long", 9)];

/// Something that is polled while it has mail.
pub(crate) trait Task: Send + Sync + 'static {
    /// Its scheduling state.
    fn schedule(&self) -> &Schedule;
    /// What it has used of the threads lately.
    fn share(&self) -> &Share;
    /// Whether its recent turns were short, so that a sender's thread may take one.
    fn is_short(&self) -> bool;
    /// Do a bounded piece of work. Called by one thread at a time.
    fn turn(&self) -> Turn;
    /// Whose threads poll it.
    fn executor(&self) -> &Arc<Executor>;
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
    lanes: [Queue; LANES],
    left: Left,
    ticker: Arc<Ticker>,
    runtime: tokio::runtime::Handle,
}

impl Executor {
    /// Start `threads` threads for each lane. They stop when [`Executor::shut_down`] is
    /// called.
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
        let lanes = std::array::from_fn(|_| Queue::new());
        let executor = Arc::new(Self { id, lanes, left: Left::default(), ticker, runtime });
        executor.ticker.also(Arc::downgrade(&executor));
        let all = (0..LANES).flat_map(|lane| (0..threads).map(move |index| (lane, index)));
        let handles =
            all.zip(std::iter::repeat(executor.clone())).map(|((lane, index), executor)| {
                let (name, nice) = THREADS.get(lane).copied().unwrap_or_default();
                let thread = std::thread::Builder::new().name(format!("{name}-{index}"));
                thread.spawn(move || {
                    step_back(nice);
                    executor.work(lane);
                })
            });
        let handles = handles.collect::<Result<_, _>>()?;
        Ok((executor, handles))
    }

    /// Have the threads end once all that is queued has had its turn: tasks that are
    /// to end have to be told so before.
    pub(crate) fn shut_down(&self) {
        self.left.close().into_iter().for_each(|task| self.push(task));
        self.lanes.iter().for_each(Queue::close);
        self.ticker.shut_down();
    }

    /// Put a task that its schedule says must be queued where the next free
    /// thread finds it: this one, if it is in a turn or helps.
    pub(crate) fn submit(task: Arc<dyn Task>) {
        let executor = task.executor();
        let (id, lane) = (executor.id, executor.lane_of(&*task));
        if let Some(task) = Local::keep(id, lane, task) {
            let executor = task.executor().clone();
            executor.push(task);
        }
    }

    /// The ticks so far; see [`Ticker::now`].
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links ask"))]
    pub(crate) fn now(&self) -> u64 {
        self.ticker.now()
    }

    fn lane_of(&self, task: &dyn Task) -> usize {
        task.share().lane(self.ticker.now())
    }

    fn push(&self, task: Arc<dyn Task>) {
        self.push_to(self.lane_of(&*task), task);
    }

    fn push_to(&self, lane: usize, task: Arc<dyn Task>) {
        if let Some(queue) = self.lanes.get(lane) {
            queue.push(task);
        }
    }

    /// Do `send`, and then give the tasks that it woke their first turns on this
    /// thread: waking another one costs far more than a short handler. It helps for
    /// less than [`HELP`] ticks, with tasks whose recent turns were short, and no further
    /// than [`IN_A_ROW`] turns if others wait; the rest goes to the queue.
    pub(crate) fn helping<R>(&self, send: impl FnOnce() -> R) -> R {
        self.helping_beside(false, send)
    }

    /// The same by a thread that has others to serve, or not: if so it helps for no more than
    /// [`LITTLE`].
    pub(crate) fn helping_beside<R>(&self, others: bool, send: impl FnOnce() -> R) -> R {
        let Some(_scope) = Local::enter(self.id) else { return send() };
        after::in_one_go(|| {
            let result = send();
            if let Some(first) = Local::take() {
                self.ticker.during(|| self.help(first, others));
            }
            result
        })
    }

    /// Do `send`, and leave the task that it woke until this thread [comes back](Self::help_out).
    /// If it does not, a thread of a lane comes for it within [two ticks](left).
    pub(crate) fn leaving(&self, send: impl FnOnce()) {
        let Some(_scope) = Local::enter(self.id) else { return send() };
        after::in_one_go(send);
        let Some(task) = Local::take() else { return };
        let back = if task.is_short() { self.left.add(&self.ticker, task) } else { Some(task) };
        if let Some(task) = back {
            self.push(task);
        }
    }

    /// Give a task that was left turns on this thread, as if it had been woken just now. False
    /// if none was left.
    pub(crate) fn help_out(&self) -> bool {
        let Some(task) = self.left.take() else { return false };
        self.helping(|| Self::submit(task));
        true
    }

    /// The same for all that were left until now.
    pub(crate) fn take_up(&self) -> bool {
        let all = self.left.take_all();
        let any = !all.is_empty();
        all.into_iter().for_each(|task| self.helping(|| Self::submit(task)));
        any
    }

    /// A tick has passed: what was left for too long goes to the threads of the lanes.
    fn tick(&self) {
        while let Some(task) = self.left.take_late(self.ticker.now()) {
            self.push(task);
        }
    }

    fn help(&self, first: Arc<dyn Task>, others: bool) {
        let _runtime = self.runtime.enter();
        let began = self.ticker.now();
        // A clock is read only where there are others: it takes time, too.
        let since = others.then(Instant::now);
        let before = if others { Local::helped(began) } else { Duration::ZERO };
        let mut helped = before;
        let mut next = Some(first);
        let mut turns = 0;
        while let Some(task) = next.take_if(|task| {
            let others_wait = turns >= IN_A_ROW && self.is_waited();
            let may = self.ticker.now() < began + HELP && helped < LITTLE;
            task.is_short() && may && !others_wait
        }) {
            self.run(task);
            if let Some(since) = since {
                helped = before + since.elapsed();
            }
            turns += 1;
            next = Local::take();
        }
        if others {
            Local::has_helped(began, helped);
        }
        if let Some(task) = next {
            self.push(task);
        }
    }

    /// Whether a task of the first lane waits for a thread.
    fn is_waited(&self) -> bool {
        self.lanes.first().is_some_and(Queue::is_waited_in)
    }

    /// What each thread of a lane does.
    fn work(&self, lane: usize) {
        let (_runtime, _scope) = (self.runtime.enter(), Local::enter_lane(self.id, lane));
        let Some(queue) = self.lanes.get(lane) else { return };
        while let Some(task) = queue.next() {
            self.ticker.during(|| {
                self.run(task);
                for _ in 0..IN_A_ROW {
                    let Some(task) = Local::take() else { break };
                    self.run(task);
                }
            });
            match Local::take() {
                Some(task) if self.lane_of(&*task) == lane => queue.push_quietly(task),
                Some(task) => self.push(task),
                None => {}
            }
        }
    }

    fn run(&self, task: Arc<dyn Task>) {
        task.schedule().begin();
        let began = self.ticker.now();
        let turn = after::in_one_go(|| task.turn());
        let now = self.ticker.now();
        task.share().charge(now - began, now);
        if task.schedule().end(turn.rest) {
            // Who used up its slice waits behind those who did not, however seldom it does.
            self.push_to(task.share().lane(now).max(usize::from(turn.spent)), task);
        }
    }
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Executor").field("id", &self.id).finish_non_exhaustive()
    }
}
