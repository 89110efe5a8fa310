//! A worker as the host's cells are, without code: mailbox and schedule are the
//! host's, and its turns do with both what a cell's do.

use std::sync::Arc;

use bytes::Bytes;
use skep_protocol::Address;

use crate::config::Overflow;
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::outbox::{Asker, WaitSlot};
use crate::router::{
    Message, Origin, Pending, Place, Recipient, Router, SendError, Stats, Token, Watcher, Way,
    WorkerStatus, weight,
};
use crate::schedule::{Rest, Schedule};
use crate::sync::{AtomicBool, Mutex, Ordering, lock};

pub(crate) struct Worker {
    pub(crate) router: Arc<Router>,
    address: Address,
    mailbox: Mailbox<Box<Message>>,
    schedule: Schedule,
    habit: Habit,
    wait_slot: WaitSlot,
    body: Mutex<Body>,
    stop: AtomicBool,
    woken: AtomicBool,
    stats: Stats,
}

/// What is particular about a worker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// It handles its mail.
    Handles,
    /// The same; where its one place is taken, the oldest message makes room.
    DropsOldest,
    /// It waits in the middle of its first message, until it was woken.
    Suspends,
    /// It is in the middle of a message for as long as the check goes on.
    Busy,
}

/// What only its turns touch.
#[derive(Default)]
struct Body {
    in_hand: Option<Box<Message>>,
    handled: Vec<Bytes>,
    finished: bool,
}

impl Worker {
    pub(crate) fn new(router: &Arc<Router>, name: &str, habit: Habit) -> Arc<Self> {
        let messages = if habit == Habit::DropsOldest { 1 } else { 8 };
        Arc::new(Self {
            router: router.clone(),
            address: Address::local(name.as_bytes()),
            mailbox: Mailbox::new(Capacity { messages, bytes: 10_000 }),
            schedule: Schedule::new(),
            habit,
            wait_slot: WaitSlot::default(),
            body: Mutex::new(Body::default()),
            stop: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            stats: Stats::default(),
        })
    }

    /// Reserve a place for a message of this payload, to be delivered later.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        payload: &'static [u8],
        token: Option<Token>,
    ) -> Result<Delivery, SendError> {
        let none = Way::default();
        let place = Place::reserve(&self.router, self.clone(), weight(payload.len(), 0, 0))?;
        let payload = Bytes::from_static(payload);
        let origin = Origin::Worker(Address::local(b"sender"));
        let mut message = Message::new(self.address.clone(), none.clone(), none, payload, origin);
        message.token = token;
        Ok(Delivery { router: self.router.clone(), place, message: Box::new(message) })
    }

    pub(crate) fn wake(&self) {
        self.woken.store(true, Ordering::Relaxed);
        self.run_if(self.schedule.wake());
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.run_if(self.schedule.wake());
    }

    /// Whoever would have to queue it runs it.
    fn run_if(&self, mut queue: bool) {
        while queue {
            self.schedule.begin();
            let rest = self.turn();
            queue = self.schedule.end(rest);
        }
    }

    fn turn(&self) -> Rest {
        let mut body = self.body.try_lock().expect("two turns at once");
        assert!(!body.finished, "a turn after the last");
        loop {
            if self.stop.load(Ordering::Acquire) {
                self.finish(&mut body);
                return Rest::Finished;
            }
            let suspends = self.habit == Habit::Suspends && !self.woken.load(Ordering::Relaxed);
            let message = match body.in_hand.take().or_else(|| self.mailbox.pop()) {
                Some(message) if suspends => {
                    body.in_hand = Some(message);
                    return Rest::Waiting;
                }
                Some(message) => message,
                None => return Rest::Idle,
            };
            self.mailbox.release(message.weight());
            body.handled.push(message.payload.clone());
        }
    }

    fn finish(&self, body: &mut Body) {
        body.finished = true;
        if let Some(message) = body.in_hand.take() {
            // Killed in the middle of it; it is delivered again, before the others.
            assert!(self.mailbox.push_front(message).is_ok(), "only a turn closes it");
        }
        let me: Arc<dyn Recipient> = Self::new(&self.router, "me", Habit::Busy);
        for message in self.mailbox.close() {
            self.router.bury(*message, &me, "it stopped");
        }
    }

    /// What was handled, in order, and what became a dead letter. Nothing else may
    /// be left of what was sent.
    pub(crate) fn outcome(&self) -> (Vec<Bytes>, Vec<Bytes>) {
        assert_eq!(self.mailbox.usage(), (0, 0), "a message that nobody handles is left");
        let handled = std::mem::take(&mut lock(&self.body).handled);
        let dead = self.router.dead_letters().list().into_iter().map(|letter| letter.payload);
        (handled, dead.collect())
    }

    pub(crate) fn is_finished(&self) -> bool {
        lock(&self.body).finished
    }
}

/// A message and its place.
pub(crate) struct Delivery {
    router: Arc<Router>,
    place: Place,
    message: Box<Message>,
}

impl Delivery {
    pub(crate) fn deliver(self) {
        self.place.fill(&self.router, self.message);
    }
}

impl Recipient for Worker {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn overflow(&self) -> Overflow {
        if self.habit == Habit::DropsOldest { Overflow::DropOldest } else { Overflow::Refuse }
    }

    fn is_open(&self) -> bool {
        !self.stop.load(Ordering::Acquire)
    }

    fn notify(self: Arc<Self>) {
        if self.habit != Habit::Busy {
            self.run_if(self.schedule.mail());
        }
    }

    fn waits_on(&self) -> Option<Arc<Pending>> {
        self.wait_slot.get()
    }

    fn watch(&self, watcher: Watcher) -> Result<(), (Watcher, String)> {
        Err((watcher, String::new()))
    }

    fn unwatch(&self, _watcher: &Address) {}

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn status(&self) -> Option<WorkerStatus> {
        None
    }

    fn end(&self, _why: &str, _drain: bool) {
        self.stop();
    }

    fn kill(&self, _why: &str) {
        self.stop();
    }
}

impl Asker for Worker {
    fn wait_slot(&self) -> &WaitSlot {
        &self.wait_slot
    }
}
