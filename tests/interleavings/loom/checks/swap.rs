//! A generation takes over while messages come, another one is to take over, the worker is
//! to stop, or a message fails it: orders, mailbox and schedule are the host's, and the
//! turns do with them what a cell's do.

use std::sync::Arc;

use loom::thread;

use crate::checks::explore::explore;
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::orders::{Order, Orders};
use crate::schedule::{Rest, Schedule};
use crate::sync::{AtomicU8, Mutex, Ordering, lock};

/// What came of an order.
const TOOK_OVER: u8 = 1;
const REFUSED: u8 = 2;
const UNUSED: u8 = 3;

#[derive(Clone, Debug)]
struct Outcome(Arc<AtomicU8>);

impl Outcome {
    fn new() -> Self {
        Self(Arc::new(AtomicU8::new(0)))
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct Reload {
    generation: u32,
    begins: bool,
    outcome: Outcome,
}

impl Reload {
    fn answer(&self, outcome: u8) {
        let before = self.outcome.0.swap(outcome, Ordering::AcqRel);
        assert_eq!(before, 0, "an order is answered once");
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        if self.outcome.get() == 0 {
            self.answer(UNUSED);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mail {
    number: u8,
    /// Fails the generation with this number.
    fails: u32,
}

impl Weigh for Mail {
    fn weight(&self) -> usize {
        1
    }
}

fn mail(number: u8) -> Mail {
    Mail { number, fails: 0 }
}

struct Worker {
    mailbox: Mailbox<Mail>,
    schedule: Schedule,
    orders: Orders<Reload>,
    body: Mutex<Body>,
}

#[derive(Default)]
struct Body {
    generation: u32,
    kept: Option<u32>,
    /// The number of each, and the generation that it had.
    handled: Vec<(u8, u32)>,
    dead: Vec<u8>,
    finished: bool,
}

impl Worker {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            mailbox: Mailbox::new(Capacity { messages: 8, bytes: 100 }),
            schedule: Schedule::new(),
            orders: Orders::default(),
            body: Mutex::new(Body { generation: 1, ..Body::default() }),
        })
    }

    fn send(&self, mail: Mail) {
        self.mailbox.reserve(1).unwrap();
        match self.mailbox.push(mail) {
            Ok(()) => self.run_if(self.schedule.mail()),
            Err(mail) => lock(&self.body).dead.push(mail.number),
        }
    }

    fn reload(&self, generation: u32, begins: bool) -> Outcome {
        let outcome = Outcome::new();
        self.orders.have_take_over(Reload { generation, begins, outcome: outcome.clone() });
        self.run_if(self.schedule.wake());
        outcome
    }

    fn stop(&self) {
        self.orders.tell(|told| told.stop = Some("told".into()));
        self.run_if(self.schedule.wake());
    }

    /// Whoever would have to queue it runs it.
    fn run_if(&self, mut queue: bool) {
        while queue {
            self.schedule.begin();
            let rest = self.turn(&mut lock(&self.body));
            queue = self.schedule.end(rest);
        }
    }

    fn turn(&self, body: &mut Body) -> Rest {
        assert!(!body.finished, "a turn after the last");
        loop {
            match self.orders.next(|| !self.mailbox.is_empty()) {
                Some(Order::Stop(_)) => {
                    body.dead.extend(self.mailbox.close().iter().map(|mail| mail.number));
                    self.orders.end();
                    body.finished = true;
                    return Rest::Finished;
                }
                Some(Order::Reload(reload)) if reload.begins => {
                    body.kept = Some(std::mem::replace(&mut body.generation, reload.generation));
                    reload.answer(TOOK_OVER);
                }
                Some(Order::Reload(reload)) => reload.answer(REFUSED),
                Some(Order::Renew(_)) => unreachable!("nobody asks for that"),
                None => match self.mailbox.pop() {
                    Some(mail) => self.handle(body, mail),
                    None => return Rest::Idle,
                },
            }
        }
    }

    fn handle(&self, body: &mut Body, mail: Mail) {
        if mail.fails == body.generation
            && let Some(before) = body.kept.take()
        {
            body.generation = before;
            assert!(self.mailbox.push_front(mail).is_ok(), "only a turn closes it");
            return;
        }
        self.mailbox.release(1);
        body.handled.push((mail.number, body.generation));
    }

    /// What was handled, in order, by whom, and what was not. Nothing else is left.
    fn ended(&self) -> (Vec<(u8, u32)>, Vec<u8>, u32) {
        assert_eq!(self.mailbox.usage(), (0, 0), "a message that nobody handles is left");
        let body = &mut *lock(&self.body);
        let handled = std::mem::take(&mut body.handled);
        assert!(handled.is_sorted_by_key(|(number, _)| *number), "{handled:?}");
        let mut all: Vec<_> = handled.iter().map(|(number, _)| *number).collect();
        all.extend(&body.dead);
        all.sort_unstable();
        assert!(all.windows(2).all(|two| two[0] != two[1]), "twice: {all:?}");
        (handled, std::mem::take(&mut body.dead), body.generation)
    }
}

#[test]
fn a_generation_takes_over_between_messages() {
    explore("a_generation_takes_over_between_messages", Some(3), || {
        let worker = Worker::new();
        let sender = worker.clone();
        let sender = thread::spawn(move || {
            sender.send(mail(1));
            sender.send(mail(2));
        });
        let outcome = worker.reload(2, true);
        sender.join().unwrap();
        assert_eq!(outcome.get(), TOOK_OVER);
        let (handled, dead, generation) = worker.ended();
        assert_eq!((handled.len(), dead, generation), (2, Vec::new(), 2));
        assert!(handled.is_sorted_by_key(|(_, generation)| *generation), "{handled:?}");
    });
}

#[test]
fn one_that_does_not_begin_changes_nothing() {
    explore("one_that_does_not_begin_changes_nothing", Some(3), || {
        let worker = Worker::new();
        let sender = worker.clone();
        let sender = thread::spawn(move || sender.send(mail(1)));
        let outcome = worker.reload(2, false);
        sender.join().unwrap();
        assert_eq!(outcome.get(), REFUSED);
        assert_eq!(worker.ended(), (vec![(1, 1)], Vec::new(), 1));
    });
}

#[test]
fn two_at_once_are_both_answered() {
    explore("two_at_once_are_both_answered", Some(2), || {
        let worker = Worker::new();
        let (other, sender) = (worker.clone(), worker.clone());
        let other = thread::spawn(move || other.reload(3, true));
        let sender = thread::spawn(move || sender.send(mail(1)));
        let one = worker.reload(2, true);
        let other = other.join().unwrap();
        sender.join().unwrap();
        let (handled, dead, generation) = worker.ended();
        assert_eq!((handled.len(), dead.len()), (1, 0));
        match (one.get(), other.get()) {
            (TOOK_OVER, TOOK_OVER) => assert!([2, 3].contains(&generation)),
            (TOOK_OVER, UNUSED) => assert_eq!(generation, 2),
            (UNUSED, TOOK_OVER) => assert_eq!(generation, 3),
            outcomes => panic!("{outcomes:?}"),
        }
    });
}

#[test]
fn a_stop_leaves_no_order_unanswered() {
    explore("a_stop_leaves_no_order_unanswered", Some(2), || {
        let worker = Worker::new();
        let (stopping, sender) = (worker.clone(), worker.clone());
        let stopping = thread::spawn(move || stopping.stop());
        let sender = thread::spawn(move || sender.send(mail(1)));
        let outcome = worker.reload(2, true);
        stopping.join().unwrap();
        sender.join().unwrap();
        assert!([TOOK_OVER, UNUSED].contains(&outcome.get()), "{outcome:?}");
        let (handled, dead, _) = worker.ended();
        assert_eq!(handled.len() + dead.len(), 1);
        assert!(lock(&worker.body).finished);
    });
}

/// What fails the new one is the old one's again, before what came after it.
#[test]
fn a_generation_that_fails_gives_its_place_back() {
    explore("a_generation_that_fails_gives_its_place_back", Some(3), || {
        let worker = Worker::new();
        let sender = worker.clone();
        let sender = thread::spawn(move || {
            sender.send(Mail { number: 1, fails: 2 });
            sender.send(mail(2));
        });
        let outcome = worker.reload(2, true);
        sender.join().unwrap();
        assert_eq!(outcome.get(), TOOK_OVER);
        let (handled, dead, generation) = worker.ended();
        assert!(dead.is_empty());
        // Handled before the other one came, or by the old one once that had failed.
        assert_eq!(handled[0], (1, 1));
        let rolled_back = generation == 1;
        let by = if rolled_back { vec![1] } else { vec![1, 2] };
        assert!(handled[1].0 == 2 && by.contains(&handled[1].1), "{handled:?}");
    });
}

/// Both at once: whichever comes first, no message is lost and no order unanswered.
#[test]
fn one_that_fails_against_the_next() {
    explore("one_that_fails_against_the_next", Some(2), || {
        let worker = Worker::new();
        let (other, sender) = (worker.clone(), worker.clone());
        let other = thread::spawn(move || other.reload(3, true));
        let sender = thread::spawn(move || sender.send(Mail { number: 1, fails: 2 }));
        let one = worker.reload(2, true);
        let other = other.join().unwrap();
        sender.join().unwrap();
        let (handled, dead, generation) = worker.ended();
        assert_eq!((handled.len(), dead.len()), (1, 0));
        assert_ne!(handled[0].1, 2, "the one that it fails has not handled it");
        for outcome in [&one, &other] {
            assert!([TOOK_OVER, UNUSED].contains(&outcome.get()), "{outcome:?}");
        }
        assert!((1..=3).contains(&generation));
    });
}
