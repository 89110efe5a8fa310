//! Whose threads take turns.

use std::sync::{Arc, OnceLock};

use super::*;
use crate::sync::{Mutex, lock};

/// A task whose turn takes a while, and then wakes the next one.
#[derive(Default)]
struct Slow {
    schedule: OnceLock<Schedule>,
    share: Share,
    executor: OnceLock<Arc<Executor>>,
    next: Option<Arc<Slow>>,
    /// The threads that took its turns.
    threads: Arc<Mutex<Vec<String>>>,
}

impl Task for Slow {
    fn schedule(&self) -> &Schedule {
        self.schedule.get_or_init(Schedule::new)
    }

    fn share(&self) -> &Share {
        &self.share
    }

    fn is_short(&self) -> bool {
        true
    }

    fn turn(&self) -> Turn {
        std::thread::sleep(LITTLE);
        if let Some(next) = &self.next {
            next.clone().wake();
        }
        lock(&self.threads).push(std::thread::current().name().unwrap_or_default().to_owned());
        Turn { rest: Rest::Idle, spent: false }
    }

    fn executor(&self) -> &Arc<Executor> {
        self.executor.get().unwrap_or_else(|| unreachable!())
    }
}

impl Slow {
    fn wake(self: Arc<Self>) {
        if self.schedule().mail() {
            Executor::submit(self);
        }
    }
}

/// An executor with one thread in each lane, its tasks, and where those ran.
struct World {
    executor: Arc<Executor>,
    handles: Vec<JoinHandle<()>>,
    _runtime: tokio::runtime::Runtime,
    threads: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new(ticker: Arc<Ticker>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (executor, handles) = Executor::start(1, ticker, runtime.handle().clone()).unwrap();
        Self { executor, handles, _runtime: runtime, threads: Arc::default() }
    }

    fn task(&self, next: Option<Arc<Slow>>) -> Arc<Slow> {
        let executor = OnceLock::from(self.executor.clone());
        Arc::new(Slow { executor, next, threads: self.threads.clone(), ..Slow::default() })
    }

    /// The threads that turns were taken on, in the order of these, once all are over.
    fn end(self) -> Vec<String> {
        self.executor.shut_down();
        self.handles.into_iter().for_each(|handle| handle.join().unwrap());
        std::mem::take(&mut lock(&self.threads))
    }
}

fn own() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// A chain of tasks, each a little too long: the first one is helped, the others are for the
/// threads of a lane.
#[test]
fn who_has_others_to_serve_helps_little() {
    let world = World::new(Ticker::start(|| {}).unwrap());
    let chain = world.task(Some(world.task(Some(world.task(None)))));
    world.executor.helping_beside(true, || chain.wake());
    assert_eq!(world.end(), [&own(), "skep-short-0", "skep-short-0"]);
}

/// Without ticks: whoever left it comes back for it, and for what it wakes.
#[test]
fn who_comes_back_takes_what_it_has_left() {
    let ticker = Ticker::start(|| {}).unwrap();
    ticker.shut_down();
    let world = World::new(ticker);
    let (first, second) = (world.task(Some(world.task(None))), world.task(None));
    world.executor.leaving(|| first.clone().wake());
    world.executor.leaving(|| second.wake());
    world.executor.leaving(|| first.wake());
    assert!(lock(&world.threads).is_empty());
    assert!(!world.executor.ticker.is_idle(), "ticks are counted for what is left");
    assert!(world.executor.help_out() && world.executor.help_out());
    assert!(!world.executor.help_out() && world.executor.ticker.is_idle());
    assert!(!world.executor.take_up());
    world.executor.leaving(|| world.task(None).wake());
    world.executor.leaving(|| world.task(None).wake());
    assert!(world.executor.take_up() && !world.executor.help_out());
    assert_eq!(world.end(), vec![own(); 5]);
}

#[test]
fn what_nobody_comes_back_for_is_for_the_lanes() {
    let world = World::new(Ticker::start(|| {}).unwrap());
    let (task, threads) = (world.task(None), world.threads.clone());
    world.executor.leaving(|| task.wake());
    while lock(&threads).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(world.end(), ["skep-short-0"]);
}

#[test]
fn what_is_left_at_the_end_has_its_turn() {
    let ticker = Ticker::start(|| {}).unwrap();
    ticker.shut_down();
    let world = World::new(ticker);
    world.executor.leaving(|| world.task(None).wake());
    let late = world.task(None);
    let executor = world.executor.clone();
    assert_eq!(world.end(), ["skep-short-0"]);
    executor.leaving(|| late.wake());
    assert!(!executor.help_out());
}
