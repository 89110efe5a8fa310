//! A link to another node, as workers see it: somebody who takes messages.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, TryLockError};

use skep_protocol::Address;
use tokio::sync::Notify;

use crate::executor::{After, put_off};
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::router::{Message, Proof, Recipient, Router, Stats};
use crate::sync::{Mutex, Ordering, lock};
use crate::transport::leave::{lose, share_of_others};
use crate::transport::tcp::Shared;
use crate::transport::tcp::dial::Opened;
use crate::transport::tcp::pace::Pace;
use crate::transport::tcp::session::Session;
use crate::transport::tcp::status::{LinkState, LinkStatus, Traffic};
use crate::transport::tcp::writer::{Progress, Writer};

/// With fewer messages than this it pays to wait for those that come right behind.
const FEW: usize = 8;

/// A link. One that this node opens outlives its connections: messages wait in it for the
/// next. One that another node has opened ends with its connection.
pub(crate) struct Link {
    pub(super) shared: Arc<Shared>,
    /// Where it leads, as a stop of a route is written.
    address: Address,
    /// What is to be sent.
    queue: Mailbox<Box<Message>>,
    stats: Stats,
    /// How it is opened; none if the other node has opened it.
    pub(super) opened: Option<Opened>,
    /// Whoever holds it for something else than writing has to flush afterwards: another
    /// thread may have left its message to it.
    writer: Mutex<Writer>,
    session: Mutex<Option<Arc<Session>>>,
    /// The task that writes has something to do.
    pub(super) woken: Notify,
    /// The socket takes no more: that task waits for it.
    pub(super) blocked: AtomicBool,
    /// There is such a task.
    connected: AtomicBool,
    pub(super) pace: Pace,
    pub(super) traffic: Traffic,
    over: AtomicBool,
}

impl Link {
    pub(super) fn new(shared: Arc<Shared>, address: Address, opened: Option<Opened>) -> Arc<Self> {
        let limits = &shared.limits;
        let capacity = Capacity { messages: limits.queue_messages, bytes: limits.queue_bytes };
        Arc::new(Self {
            shared,
            address,
            queue: Mailbox::new(capacity),
            stats: Stats::default(),
            opened,
            writer: Mutex::default(),
            session: Mutex::new(None),
            woken: Notify::new(),
            blocked: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            pace: Pace::new(),
            traffic: Traffic::default(),
            over: AtomicBool::new(false),
        })
    }

    /// As `skep ps --links` shows it.
    pub(super) fn describe(&self) -> LinkStatus {
        let session = self.session();
        let connecting = self.opened.as_ref().is_some_and(Opened::is_running);
        let state = match (&session, connecting) {
            (Some(_), _) => LinkState::Up,
            (None, true) => LinkState::Connecting,
            (None, false) => LinkState::Down,
        };
        let mut status = self.traffic.status(self.address.clone(), state);
        status.is_opened = self.opened.is_some();
        status.unused = self.pace.unused();
        (status.queued, status.queued_bytes) = self.queue.usage();
        status
    }

    pub(super) fn queue(&self) -> &Mailbox<Box<Message>> {
        &self.queue
    }

    pub(super) fn router(&self) -> &Router {
        &self.shared.core.router
    }

    /// See [`proves`](crate::transport::tcp::proves).
    pub(super) fn proves(&self) -> Option<Proof> {
        self.session().map(|session| session.peer.proves())
    }

    /// Whether somebody proves by its connection who it is.
    pub(super) fn has_proved(&self) -> bool {
        self.session().is_some_and(|session| !session.peer.is_stranger())
    }

    /// The connection, while there is one.
    pub(super) fn session(&self) -> Option<Arc<Session>> {
        lock(&self.session).clone()
    }

    /// Write what there is, unless another thread does just now: that one then writes this,
    /// too.
    pub(super) fn flush(self: &Arc<Self>) {
        loop {
            let mut writer = match self.writer.try_lock() {
                Ok(writer) => writer,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            let progress = writer.write(self);
            if progress == Progress::Blocked {
                self.blocked.store(true, Ordering::Release);
                self.woken.notify_one();
            }
            drop(writer);
            match progress {
                Progress::Blocked => return,
                Progress::Unconnected => return self.wants_connection(),
                // Whoever found the lock taken has left it to this thread.
                Progress::Done if self.queue.is_empty() => return,
                Progress::Done => {}
            }
        }
    }

    /// Say that this side lives.
    pub(super) fn beat(self: &Arc<Self>) {
        lock(&self.writer).beat(self);
        self.flush();
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty()
    }

    /// Something has left.
    pub(super) fn sent(&self, messages: u64, bytes: usize) {
        self.traffic.sent(messages, bytes);
        self.pace.writes(messages > 0);
    }

    /// A connection begins: what waits for it is sent.
    pub(super) fn connect(self: &Arc<Self>, session: Arc<Session>) {
        self.blocked.store(false, Ordering::Release);
        self.pace.begin();
        self.connected.store(true, Ordering::Release);
        *lock(&self.session) = Some(session.clone());
        lock(&self.writer).session = Some(session);
        self.flush();
    }

    /// The connection is over. What was to leave by it is lost; what waits for this link
    /// stays if it can be opened again.
    pub(super) fn disconnect(&self, session: &Session, why: &str) {
        // Before it is looked who waits: whoever comes later asks for a connection itself.
        self.connected.store(false, Ordering::Release);
        *lock(&self.session) = None;
        let unsent = lock(&self.writer).disconnect();
        let why = format!("the link to {} was lost: {why}", self.address);
        for message in unsent {
            self.give_up(message, &why);
        }
        session.lose_replies(&why);
        if self.opened.is_none() {
            return self.close(&why);
        }
        // Whoever named this very connection does not mean the next one.
        let mut waiting: Vec<_> = std::iter::from_fn(|| self.queue.pop()).collect();
        while let Some(message) = waiting.pop() {
            let stays = !message.recipient.is_local();
            match stays {
                true => _ = self.queue.push_front(message).map_err(|lost| self.lost(*lost, &why)),
                false => self.give_up(message, &why),
            }
        }
    }

    /// Take no more, and give up what waits.
    pub(super) fn close(&self, why: &str) {
        self.over.store(true, Ordering::Release);
        for message in self.queue.close() {
            self.lost(*message, why);
        }
        self.woken.notify_one();
    }

    /// Give up what waits. Who comes meanwhile waits for the next try.
    pub(super) fn give_up_all(&self, why: &str) {
        let waiting: Vec<_> = (0..self.queue.len()).map_while(|_| self.queue.pop()).collect();
        for message in waiting {
            self.give_up(message, why);
        }
    }

    /// Give up a message that has a place.
    pub(super) fn give_up(&self, message: Box<Message>, why: &str) {
        self.queue.release(message.weight());
        self.lost(*message, why);
    }

    /// A message will not be sent.
    fn lost(&self, message: Message, why: &str) {
        self.traffic.lost();
        Stats::add(&self.stats.failed, 1);
        let share = self.opened.as_ref().map_or_else(share_of_others, |_| self.address.clone());
        lose(message, &share, self.router(), &self.shared.gate, why);
    }
}

impl Recipient for Link {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.queue
    }

    fn is_open(&self) -> bool {
        !self.over.load(Ordering::Acquire)
    }

    fn notify(self: Arc<Self>) {
        if !put_off(&self) {
            self.perform();
        }
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn carries(&self) -> bool {
        true
    }

    fn kill(&self, why: &str) {
        if let Some(session) = self.session() {
            session.end(why);
        }
    }
}

/// What one turn sends leaves in one write.
impl After for Link {
    fn perform(self: Arc<Self>) {
        if !self.connected.load(Ordering::Acquire) {
            self.flush();
        } else if self.blocked.load(Ordering::Acquire) {
            // The task comes by itself.
        } else if self.pace.is_busy() && self.queue.len() < FEW {
            self.woken.notify_one();
        } else {
            self.flush();
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Link").field("address", &self.address).finish_non_exhaustive()
    }
}
