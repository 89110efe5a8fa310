//! A worker as the host's cells are, without code: mailbox and schedule are the
//! host's, and its turns do with both what a cell's do.

use std::sync::Arc;

use bytes::Bytes;
use skep_protocol::Address;

use crate::config::Overflow;
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::outbox::{Asker, WaitSlot};
use crate::router::{
    Message, Origin, Pending, Place, Recipient, Router, SendError, Token, Watcher, Way,
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
}

/// What is particular about a worker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// It handles its mail.
    Handles,
    /// The same; where its one place is taken, the oldest message makes room.
    DropsOldest,
    /// It waits to be woken in the middle of its first message.
    Suspends,
    /// It is in the middle of a message for as long as the check goes on.
    Busy,
}

/// What only its turns touch.
#[derive(Default)]
struct Body {
    in_hand: Option<Box<Message>>,
    suspended: bool,
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
        })
    }

    /// Reserve a place for a message of this payload, to be delivered later.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        payload: &'static [u8],
        token: Option<Token>,
    ) -> Result<Delivery, SendError> {
        let none = Way::default();
        let place =
            Place::reserve(&self.router, self.clone(), weight(payload.len(), &none, &none))?;
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
        if body.in_hand.is_some() && self.stop.load(Ordering::Acquire) {
            // Killed in the middle of a message.
            self.put_back(body.in_hand.take());
        }
        if body.in_hand.is_some() && !self.woken.load(Ordering::Relaxed) {
            return Rest::Waiting;
        }
        if let Some(message) = body.in_hand.take() {
            self.handle(&mut body, message);
        }
        loop {
            if self.stop.load(Ordering::Acquire) {
                self.finish(&mut body);
                return Rest::Finished;
            }
            let Some(message) = self.mailbox.pop() else { return Rest::Idle };
            if self.habit == Habit::Suspends && !std::mem::replace(&mut body.suspended, true) {
                body.in_hand = Some(message);
                return Rest::Waiting;
            }
            self.handle(&mut body, message);
        }
    }

    fn handle(&self, body: &mut Body, message: Box<Message>) {
        self.mailbox.release(message.weight());
        body.handled.push(message.payload.clone());
    }

    fn put_back(&self, message: Option<Box<Message>>) {
        if let Some(message) = message {
            assert!(self.mailbox.push_front(message).is_ok(), "only a turn closes it");
        }
    }

    fn finish(&self, body: &mut Body) {
        body.finished = true;
        let me: Arc<dyn Recipient> = Self::new(&self.router, "me", Habit::Busy);
        for message in self.mailbox.close() {
            self.router.bury(*message, &me, "it stopped");
        }
    }

    /// What was handled, and what became a dead letter, each in order. Nothing
    /// else may be left of what was sent.
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
