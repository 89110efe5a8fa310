//! The queue of a lane: a task that is pushed is taken by one thread although
//! threads park, and all threads end when the queue closes.

use std::sync::Arc;

use shuttle::thread;

use crate::checks::explore::{explore, sample};
use crate::executor::Task;
use crate::executor::queue::Queue;
use crate::sync::{AtomicU64, Condvar, Mutex, Ordering, lock};

/// Counts turns, and lets someone wait for them.
#[derive(Default)]
struct Turns {
    count: Mutex<u64>,
    more: Condvar,
}

impl Turns {
    /// A lost task would be a deadlock here.
    fn wait_for(&self, most: u64) {
        let mut count = lock(&self.count);
        while *count < most {
            count = self.more.wait(count).unwrap();
        }
        assert_eq!(*count, most, "each task once");
    }
}

struct Counted(Arc<Turns>);

impl Task for Counted {
    fn run(&self) {
        *lock(&self.0.count) += 1;
        self.0.more.notify_one();
    }
}

fn work(queue: &Queue) {
    while let Some(task) = queue.next() {
        task.run();
    }
}

/// So many threads work; `push` gives them this many tasks; then the queue closes.
fn run(threads: usize, tasks: u64, push: fn(&Queue, &Arc<Turns>)) {
    let (queue, turns) = (Arc::new(Queue::new()), Arc::new(Turns::default()));
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let queue = queue.clone();
            thread::spawn(move || work(&queue))
        })
        .collect();
    push(&queue, &turns);
    turns.wait_for(tasks);
    queue.close();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn task(turns: &Arc<Turns>) -> Arc<dyn Task> {
    Arc::new(Counted(turns.clone()))
}

#[test]
fn a_task_finds_a_thread_that_is_about_to_park() {
    explore("a_task_finds_a_thread_that_is_about_to_park", || {
        run(1, 1, |queue, turns| queue.push(task(turns)));
    });
}

#[test]
fn tasks_find_several_threads() {
    sample("tasks_find_several_threads", || {
        run(2, 4, |queue, turns| {
            queue.push(task(turns));
            queue.push(task(turns));
            queue.push(task(turns));
            queue.push(task(turns));
        });
    });
}

/// A task that has another one pushed when it goes, as one that is dropped in the
/// middle of a message wakes who waits for its answer.
struct Waking(Arc<Queue>, Arc<AtomicU64>);

impl Task for Waking {
    fn run(&self) {}
}

impl Drop for Waking {
    fn drop(&mut self) {
        let last = self.1.fetch_add(1, Ordering::SeqCst) > 0;
        if !last {
            self.0.push(Arc::new(Waking(self.0.clone(), self.1.clone())));
        }
    }
}

#[test]
fn what_comes_before_the_close_is_run_and_what_comes_after_goes() {
    explore("what_comes_before_the_close_is_run_and_what_comes_after_goes", || {
        let (queue, gone) = (Arc::new(Queue::new()), Arc::new(AtomicU64::new(0)));
        queue.push(Arc::new(Waking(queue.clone(), gone.clone())));
        let working = queue.clone();
        let working = thread::spawn(move || work(&working));
        queue.close();
        working.join().unwrap();
        queue.push(Arc::new(Waking(queue.clone(), gone.clone())));
        assert_eq!(gone.load(Ordering::SeqCst), 3, "a task is kept for ever");
        assert!(queue.next().is_none());
    });
}

#[test]
fn threads_end_once_all_have_had_their_turn() {
    sample("threads_end_once_all_have_had_their_turn", || {
        let (queue, turns) = (Arc::new(Queue::new()), Arc::new(Turns::default()));
        let threads = [queue.clone(), queue.clone()];
        let threads = threads.map(|queue| thread::spawn(move || work(&queue)));
        queue.push(task(&turns));
        queue.push(task(&turns));
        queue.push(task(&turns));
        queue.close();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        turns.wait_for(3);
    });
}
