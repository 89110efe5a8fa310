//! A task's schedule by itself: no wake-up is lost, no two turns go on at once,
//! and a signal brings what was written before it to the turn that follows.

use std::sync::Arc;

use loom::thread;

use crate::checks::explore::{ALL, explore};
use crate::schedule::{Rest, Schedule};
use crate::sync::{AtomicBool, AtomicU64, Ordering};

/// A task, whose turn is run by whoever is told to queue it. All of its data is
/// relaxed: only the schedule orders it.
struct Task {
    schedule: Schedule,
    queued: AtomicBool,
    turning: AtomicBool,
    /// What each sender has put down, and what the turns have seen of it.
    mail: [AtomicU64; 2],
    handled: [AtomicU64; 2],
    woken: AtomicU64,
    stop: AtomicBool,
    /// It waits for this to be in `woken`; 0 while it waits for nothing.
    waits_for: AtomicU64,
    turns: AtomicU64,
    stopped: AtomicBool,
}

impl Task {
    fn new(waits_for: u64) -> Arc<Self> {
        Arc::new(Self {
            schedule: Schedule::new(),
            queued: AtomicBool::new(false),
            turning: AtomicBool::new(false),
            mail: [AtomicU64::new(0), AtomicU64::new(0)],
            handled: [AtomicU64::new(0), AtomicU64::new(0)],
            woken: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            waits_for: AtomicU64::new(waits_for),
            turns: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        })
    }

    /// Sender `of` puts down its `number`th message.
    fn send(&self, of: usize, number: u64) {
        self.mail[of].store(number, Ordering::Relaxed);
        self.run_if(self.schedule.mail());
    }

    fn wake(&self, number: u64) {
        self.woken.store(number, Ordering::Relaxed);
        self.run_if(self.schedule.wake());
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.run_if(self.schedule.wake());
    }

    fn run_if(&self, mut queue: bool) {
        while queue {
            assert!(!self.queued.swap(true, Ordering::Relaxed), "it is in the queue twice");
            assert!(self.queued.swap(false, Ordering::Relaxed));
            self.schedule.begin();
            assert!(!self.turning.swap(true, Ordering::Relaxed), "two turns at once");
            let rest = self.turn();
            self.turning.store(false, Ordering::Relaxed);
            queue = self.schedule.end(rest);
        }
    }

    fn turn(&self) -> Rest {
        assert!(!self.stopped.load(Ordering::Relaxed), "a turn after the last");
        self.turns.fetch_add(1, Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) {
            self.stopped.store(true, Ordering::Relaxed);
            return Rest::Finished;
        }
        let waits_for = self.waits_for.load(Ordering::Relaxed);
        if waits_for > self.woken.load(Ordering::Relaxed) {
            return Rest::Waiting;
        }
        self.waits_for.store(0, Ordering::Relaxed);
        for (mail, handled) in self.mail.iter().zip(&self.handled) {
            handled.store(mail.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        Rest::Idle
    }

    fn handled(&self) -> [u64; 2] {
        [0, 1].map(|of| self.handled[of].load(Ordering::Relaxed))
    }
}

#[test]
fn no_mail_is_lost() {
    explore("no_mail_is_lost", Some(3), || {
        let task = Task::new(0);
        let other = task.clone();
        let sender = thread::spawn(move || {
            other.send(1, 1);
            other.send(1, 2);
        });
        task.send(0, 1);
        task.send(0, 2);
        sender.join().unwrap();
        assert_eq!(task.handled(), [2, 2]);
        assert!(task.schedule.is_idle());
    });
}

#[test]
fn mail_waits_while_the_task_waits_to_be_woken() {
    explore("mail_waits_while_the_task_waits_to_be_woken", Some(3), || {
        let task = Task::new(1);
        task.send(0, 1);
        assert_eq!(task.turns.load(Ordering::Relaxed), 1);
        let (sender, waker) = (task.clone(), task.clone());
        let sender = thread::spawn(move || {
            sender.send(1, 1);
            sender.send(1, 2);
        });
        let waker = thread::spawn(move || waker.wake(1));
        sender.join().unwrap();
        waker.join().unwrap();
        assert_eq!(task.handled(), [1, 2]);
        assert!(task.schedule.is_idle());
    });
}

#[test]
fn mail_alone_does_not_run_a_task_that_waits() {
    explore("mail_alone_does_not_run_a_task_that_waits", ALL, || {
        let task = Task::new(1);
        task.send(0, 1);
        let other = task.clone();
        let sender = thread::spawn(move || other.send(1, 1));
        assert!(!task.schedule.mail());
        sender.join().unwrap();
        assert_eq!(task.turns.load(Ordering::Relaxed), 1);
        assert!(!task.schedule.is_idle());
        task.wake(1);
        assert_eq!(task.handled(), [1, 1]);
    });
}

#[test]
fn a_wake_up_during_the_turn_that_begins_to_wait_is_not_lost() {
    explore("a_wake_up_during_the_turn_that_begins_to_wait_is_not_lost", ALL, || {
        let task = Task::new(1);
        let other = task.clone();
        let waker = thread::spawn(move || other.wake(1));
        task.send(0, 1);
        waker.join().unwrap();
        assert_eq!(task.handled(), [1, 0]);
        assert!(task.schedule.is_idle());
    });
}

#[test]
fn a_stop_gets_through_in_every_state_and_is_the_end() {
    for waits_for in [0, 1, 2] {
        explore("a_stop_gets_through", Some(2), move || {
            let task = Task::new(waits_for);
            let (sender, waker) = (task.clone(), task.clone());
            let sender = thread::spawn(move || sender.send(1, 1));
            let waker = thread::spawn(move || waker.wake(1));
            task.stop();
            sender.join().unwrap();
            waker.join().unwrap();
            assert!(task.stopped.load(Ordering::Relaxed));
            assert!(!task.schedule.mail() && !task.schedule.wake() && !task.schedule.is_idle());
        });
    }
}
