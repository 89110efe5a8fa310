//! A message on its way through the node.

use std::time::Duration;

use bytes::Bytes;
use skep_protocol::{Address, Route};
use tokio::time::Instant;

use crate::mailbox::Weigh;
use crate::router::answer::{Answer, Token};
use crate::router::peer::Peer;

/// How long a message is delivered again after `retry`, if nobody waits for it.
const RETRY_FOR: Duration = Duration::from_secs(30);
/// The wait before the first delivery after `retry`; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a message weighs beyond its payload, for each stop of its routes.
pub(crate) const STOP_WEIGHT: usize = 64;

/// A message on its way, from the moment a place is reserved for it.
#[derive(Debug)]
pub(crate) struct Message {
    /// The address of its receiver that it was sent to.
    pub(crate) recipient: Address,
    /// What is left of its way after the receiver.
    pub(crate) onward: Way,
    /// The way back to where it came from.
    pub(crate) back: Way,
    pub(crate) payload: Bytes,
    pub(crate) origin: Origin,
    /// The request that someone waits on.
    pub(crate) token: Option<Token>,
    /// How often it was delivered.
    pub(crate) deliveries: u32,
    /// How often that was in vain.
    pub(crate) failures: Failures,
    /// Whether something that its handler asked for has been done already.
    pub(crate) committed: bool,
    /// When it was first asked to be delivered again. Seldom there, and so elsewhere.
    pub(crate) retried_since: Option<Box<Instant>>,
}

/// How often, and how, a message was handled without success.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failures {
    /// The handler returned `retry`.
    pub(crate) retries: u32,
    /// It trapped.
    pub(crate) traps: u32,
    /// Its fuel, memory or time was spent.
    pub(crate) overruns: u32,
}

impl Failures {
    /// Which delivery comes next: 1 for the first.
    pub(crate) fn attempt(self) -> u32 {
        1 + self.retries + self.traps + self.overruns
    }
}

impl Message {
    /// A new message, delivered for the first time.
    pub(crate) fn new(
        recipient: Address,
        onward: Way,
        back: Way,
        payload: Bytes,
        origin: Origin,
    ) -> Self {
        Self {
            recipient,
            onward,
            back,
            payload,
            origin,
            token: None,
            deliveries: 0,
            failures: Failures::default(),
            committed: false,
            retried_since: None,
        }
    }

    /// Whether its requester has stopped waiting, so that nobody needs the work.
    pub(crate) fn is_expired(&self) -> bool {
        self.token.as_ref().is_some_and(Token::is_over)
    }
}

impl Message {
    /// Its handler returned `retry`. How long to wait before it is delivered again;
    /// none if it is not, because it is too late, nobody waits any more, or
    /// something of it was done already and its worker does not take it twice.
    pub(crate) fn retry(&mut self, idempotent: bool) -> Option<Duration> {
        let since = **self.retried_since.get_or_insert_with(|| Box::new(Instant::now()));
        let doublings = self.failures.retries.min(7);
        self.failures.retries += 1;
        let late = self.token.is_none() && since.elapsed() >= RETRY_FOR;
        let done = self.committed && !idempotent;
        let again = !late && !done && !self.is_expired();
        again.then(|| FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT))
    }
}

impl Weigh for Box<Message> {
    fn weight(&self) -> usize {
        weight(self.payload.len(), self.onward.len(), self.back.len())
    }
}

/// What a message with so many bytes and stops counts for in a mailbox.
pub(crate) fn weight(payload: usize, onward: usize, back: usize) -> usize {
    payload + STOP_WEIGHT * (1 + onward + back)
}

/// Stops, nearest first, and possibly a waiting request at the far end.
///
/// A request has no name in the address table: its answer returns by this link,
/// until someone asks for the route in text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    pub(crate) stops: Route,
    pub(crate) end: Option<Answer>,
}

impl Way {
    /// How many stops there are, the waiting request included.
    pub(crate) fn len(&self) -> usize {
        self.stops.len() + usize::from(self.end.is_some())
    }

    /// Whether it leads nowhere.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The stops in text form; a waiting request gets its name only now.
    pub(crate) fn to_route(&self) -> Route {
        let mut route = self.stops.clone();
        route.extend(self.end.as_ref().map(Answer::expose));
        route
    }
}

impl From<Route> for Way {
    fn from(stops: Route) -> Self {
        Self { stops, end: None }
    }
}

impl From<Answer> for Way {
    fn from(end: Answer) -> Self {
        Self { stops: Route::new(), end: Some(end) }
    }
}

/// Who put a message on its way, as far as the node can vouch for it. Forwarding
/// does not change it, unless the payload is changed with it; and what the node said
/// to one worker is that worker's own word to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A worker of this node, by its first address; the embedding program is `app`.
    Worker(Address),
    /// The node itself.
    Node(Notice),
    /// Another node: over a link, which proves nothing about it, or through a secure channel
    /// with [the identity](Peer::identity) that it has proved.
    Peer(Peer),
}

/// What the node itself has to tell a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The worker's own timer has run out.
    Timer(u64),
    /// A monitored worker has stopped for good: its address, and why.
    Stopped(Address, String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Worker(address) => write!(out, "{address}"),
            Self::Peer(peer) => write!(out, "{peer}"),
            Self::Node(Notice::Timer(number)) => write!(out, "the node (timer {number})"),
            Self::Node(Notice::Stopped(address, _)) => write!(out, "the node ({address} stopped)"),
        }
    }
}
