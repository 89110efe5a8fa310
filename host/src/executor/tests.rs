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

/// A chain of tasks, each a little too long: the first one is helped, the others are for the
/// threads of a lane.
#[test]
fn who_has_others_to_serve_helps_little() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ticker = Ticker::start(|| {}).unwrap();
    let (executor, handles) = Executor::start(1, ticker, runtime.handle().clone()).unwrap();
    let threads = Arc::<Mutex<Vec<String>>>::default();
    let task = |next| {
        let executor = OnceLock::from(executor.clone());
        Arc::new(Slow { executor, next, threads: threads.clone(), ..Slow::default() })
    };
    let chain = task(Some(task(Some(task(None)))));
    let own = std::thread::current().name().unwrap_or_default().to_owned();
    executor.helping_beside(true, || chain.wake());
    executor.shut_down();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    assert_eq!(*lock(&threads), [&own, "skep-short-0", "skep-short-0"]);
}
