//! Whoever has an address: a mailbox, and a way to be told of mail.

use std::any::Any;
use std::sync::Arc;

use skep_protocol::{Address, Identifier};
use thiserror::Error;

use crate::config::{Access, Limit, Network, Overflow};
use crate::mailbox::{Full, Mailbox, Weigh};
use crate::router::answer::Pending;
use crate::router::message::Message;
use crate::router::stats::Stats;
use crate::router::status::{State, WorkerStatus};
use crate::router::table::Router;

/// Why a message could not be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The route has no stop.
    #[error("the route is empty")]
    EmptyRoute,
    /// The route has more stops than it may have.
    #[error("the route has {0} stops, {max} are allowed", max = skep_protocol::route::MAX_STOPS)]
    RouteTooLong(usize),
    /// No worker or transport answers to this address.
    #[error("no worker has the address `{0}`")]
    NoRoute(Address),
    /// The mailbox at this address has no room; of a link, its queue.
    #[error("{}", full(.0))]
    MailboxFull(Address),
    /// The sender may not do that; the text names the missing grant.
    #[error("not allowed: {0}")]
    Denied(String),
    /// The payload has more bytes than a message may have.
    #[error("a message has at most {0} bytes")]
    TooLarge(usize),
    /// The handler has used up what it may ask for; the text names the limit.
    #[error("a limit is reached: {0}")]
    Quota(String),
    /// Its route and its way back have more stops together than the node lets a message have.
    #[error(
        "its route and its way back have more stops together than `hops` in [node] of node.toml allows"
    )]
    HopLimit,
    /// The node or the receiver is shutting down.
    #[error("the receiver has stopped or is parked, or the node stops")]
    Closed,
    /// The value has no bytes to send.
    #[error("the value cannot be sent: {0}")]
    Encode(String),
}

fn full(at: &Address) -> String {
    match at.is_local() {
        true => format!("the mailbox of `{at}` is full"),
        false => format!("the queue of the link to `{at}` is full"),
    }
}

/// Whoever has an address and takes messages. What is not said is as it is for those who are
/// no workers: they refuse what they have no room for, and nobody stops or monitors them.
pub(crate) trait Recipient: Any + Send + Sync {
    /// Its first address.
    fn address(&self) -> &Address;
    /// Where its messages wait.
    fn mailbox(&self) -> &Mailbox<Box<Message>>;
    /// What a full mailbox does.
    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
    /// Whether it takes messages: not if it was parked or has stopped.
    fn is_open(&self) -> bool;
    /// Mail has come.
    fn notify(self: Arc<Self>);
    /// The request that it waits on in the middle of a message, if it does.
    fn waits_on(&self) -> Option<Arc<Pending>> {
        None
    }
    /// In whose mailbox it waits for room, if it does.
    fn waits_for_room_at(&self) -> Option<Arc<dyn Recipient>> {
        None
    }
    /// Have this watcher told when the recipient has stopped for good.
    ///
    /// # Errors
    /// Gives the watcher and the reason back when it has stopped already, or is no worker.
    fn watch(&self, watcher: Watcher) -> Result<(), (Watcher, String)> {
        Err((watcher, format!("`{}` is no worker, and cannot be monitored", self.address())))
    }
    /// Forget what this watcher has asked for.
    fn unwatch(&self, watcher: &Address) {
        let _ = watcher;
    }
    /// What is counted of it.
    fn stats(&self) -> &Stats;
    /// As `skep ps` shows it; none for what is no worker.
    fn status(&self) -> Option<WorkerStatus> {
        None
    }
    /// The same without its limits, which are most of it.
    fn brief(&self) -> Option<WorkerStatus> {
        self.status()
    }
    /// What it is doing, as `skep ps` shows it; none for what is no worker. Asked for each worker
    /// that stops, of which the whole status would be most of the time.
    fn doing(&self) -> Option<State> {
        self.brief().map(|status| status.state)
    }
    /// The name of its component; none for what has none.
    fn component(&self) -> Option<Arc<str>> {
        None
    }
    /// Whether it is a worker.
    fn is_worker(&self) -> bool {
        false
    }
    /// Whether it is a part of the way between nodes, and no end of it.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links do"))]
    fn carries(&self) -> bool {
        false
    }
    /// Why it takes nothing of this worker of its own node.
    fn refuses(&self, worker: &Address) -> Option<String> {
        let _ = worker;
        None
    }
    /// Which other nodes may write to it, beyond answering what was sent to them.
    fn access(&self) -> Access {
        Access::Local
    }
    /// Whether another node may write to it, which has proved to have this identity, or none.
    fn admits(&self, identity: Option<&Identifier>) -> bool {
        self.access().admits(identity)
    }
    /// Where its own messages may go beyond this node.
    fn network(&self) -> Network {
        Network::default()
    }
    /// How many messages it has that are not handled and not in hand.
    fn queued(&self) -> usize {
        self.mailbox().len()
    }
    /// Whether it is in the middle of a message, whose place in the mailbox it holds.
    fn has_one_in_hand(&self) -> bool {
        let is_running = || self.doing() == Some(State::Running);
        self.mailbox().usage().0 > self.mailbox().len() && is_running()
    }
    /// End it for good: after the message in progress, or with `drain` after all
    /// that is queued. Nothing new is accepted from now on.
    fn end(&self, why: &str, drain: bool) {
        let _ = (why, drain);
    }
    /// End it in the middle of whatever it does.
    fn kill(&self, why: &str) {
        let _ = why;
    }
}

impl From<Full> for Limit {
    fn from(full: Full) -> Self {
        match full {
            Full::Messages => Self::MailboxMessages,
            Full::Bytes => Self::MailboxBytes,
        }
    }
}

/// Someone who is to be told of a stop.
pub(crate) struct Watcher {
    /// The place reserved in the mailbox of the one who is told.
    pub(crate) place: Place,
    /// What is sent.
    pub(crate) payload: bytes::Bytes,
    /// Counts against the watcher's limit as long as this lives.
    pub(crate) charge: Box<dyn Send + Sync>,
}

/// A place reserved in a mailbox; given back when it is not filled.
pub(crate) struct Place {
    /// Whose mailbox it is; nobody's any more once it is filled.
    to: Option<Arc<dyn Recipient>>,
    weight: usize,
}

impl Place {
    /// Reserve a place of this weight.
    ///
    /// # Errors
    /// When the mailbox is full, or its owner takes no more messages.
    pub(crate) fn reserve(
        router: &Router,
        to: Arc<dyn Recipient>,
        weight: usize,
    ) -> Result<Self, SendError> {
        if !to.is_open() {
            return Err(SendError::Closed);
        }
        while let Err(full) = to.mailbox().reserve(weight) {
            to.stats().reach(full.into());
            let fits = weight <= to.mailbox().capacity().bytes;
            let oldest = match to.overflow() {
                Overflow::DropOldest if fits => to.mailbox().evict(),
                _ => None,
            };
            let Some(oldest) = oldest else {
                return Err(SendError::MailboxFull(to.address().clone()));
            };
            Stats::add(&to.stats().dropped, 1);
            router.bury(*oldest, &to, "the mailbox was full, and it was the oldest message");
        }
        Ok(Self { to: Some(to), weight })
    }

    /// Whose mailbox it is, by the first address.
    pub(crate) fn address(&self) -> Option<&Address> {
        self.to.as_ref().map(|to| to.address())
    }

    /// Put the message that the place was reserved for into it. If the receiver
    /// has stopped meanwhile, it becomes a dead letter.
    pub(crate) fn fill(mut self, router: &Router, message: Box<Message>) {
        debug_assert_eq!(
            message.weight(),
            self.weight,
            "a place is filled by what it was reserved for"
        );
        let Some(to) = self.to.take() else { return };
        if let Some(token) = &message.token
            && let Err(circle) = router.waits().add(token.pending(), &to)
        {
            to.mailbox().release(self.weight);
            if let Some(token) = message.token {
                token.pending().complete(Err(super::RequestError::Cycle(circle)));
            }
            return;
        }
        match to.mailbox().push(message) {
            Ok(()) => to.notify(),
            Err(message) => router.bury(*message, &to, "its receiver has stopped"),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(to) = &self.to {
            to.mailbox().release(self.weight);
        }
    }
}
