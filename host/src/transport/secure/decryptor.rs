//! From the other end of a secure channel to the workers of this node. Before the channel is
//! open, what comes here is the handshake's, and whoever makes that takes it out.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Instant;

use skep_protocol::Address;
use skep_secure::ends::{ReceiveError, Received, What};
use skep_secure::known::KnownError;
use skep_secure::presented::Refusal;

use crate::config::{Access, Network};
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::router::{Message, Recipient, SendError, Stats};
use crate::sync::{Mutex, lock};
use crate::transport::deliver::{Delivery, STALL, Undelivered};
use crate::transport::secure::Shared;
use crate::transport::secure::channel::Channel;
use crate::transport::secure::turns::{Later, Turns};

/// There is one of these for each handshake that is half open, and strangers begin those.
const CAPACITY: Capacity = Capacity { messages: 256, bytes: 2 << 20 };

/// The address that the other end of a channel sends to.
pub(super) struct Decryptor {
    shared: Weak<Shared>,
    address: Address,
    mailbox: Mailbox<Box<Message>>,
    stats: Stats,
    turns: Turns,
    state: Mutex<State>,
    inward: Mutex<Inward>,
    later: Later,
}

enum State {
    /// Whoever makes the handshake is told when something comes.
    Handshake(Box<dyn Fn(&Address) + Send + Sync>),
    Open(Arc<Channel>),
    Over,
}

/// What comes in. Only whoever has the turn touches it.
#[derive(Default)]
struct Inward {
    delivery: Option<Delivery>,
    /// What was opened, and since when its receiver has no room.
    stalled: Option<(Box<Message>, Instant)>,
}

impl Decryptor {
    /// For a channel that is not open yet.
    pub(super) fn new(
        shared: &Arc<Shared>,
        address: Address,
        told: impl Fn(&Address) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::downgrade(shared),
            address,
            mailbox: Mailbox::new(CAPACITY),
            stats: Stats::default(),
            turns: Turns::default(),
            state: Mutex::new(State::Handshake(Box::new(told))),
            inward: Mutex::default(),
            later: Later::default(),
        })
    }

    /// Take out a message of the handshake.
    pub(super) fn take(&self) -> Option<Box<Message>> {
        let message = self.mailbox.pop()?;
        self.mailbox.release(message.weight());
        Some(message)
    }

    /// The channel is open: what has come already is its first.
    pub(super) fn open(self: &Arc<Self>, channel: Arc<Channel>, most: usize) {
        lock(&self.inward).delivery = Some(Delivery::new(&channel.peer, most));
        *lock(&self.state) = State::Open(channel);
        self.clone().notify();
    }

    /// Take no more. What waits is lost, as on a link that ends.
    pub(super) fn close(&self) {
        *lock(&self.state) = State::Over;
        self.mailbox.close();
    }

    fn channel(&self) -> Option<Arc<Channel>> {
        match &*lock(&self.state) {
            State::Open(channel) => Some(channel.clone()),
            State::Handshake(told) => {
                told(&self.address);
                None
            }
            State::Over => None,
        }
    }

    /// Open what there is, and pass it on, as far as there is room.
    fn open_all(self: &Arc<Self>) {
        let Some(channel) = self.channel() else { return };
        let Some(shared) = self.shared.upgrade() else { return };
        let Inward { delivery: Some(delivery), stalled } = &mut *lock(&self.inward) else { return };
        if let Some((waiting, since)) = stalled.take() {
            if since.elapsed() >= STALL {
                delivery.gives_up_on(&waiting.recipient);
            }
            let placed = delivery.place(shared.router(), waiting);
            *stalled = see(&shared, &channel, placed).map(|again| (again, since));
        }
        while stalled.is_none()
            && let Some(message) = self.take()
        {
            let opened = open(&shared, &channel, delivery, *message);
            *stalled = see(&shared, &channel, opened).map(|waiting| (waiting, Instant::now()));
        }
        if stalled.is_some() {
            self.later.notify(&shared, self.clone());
        }
    }
}

/// Open a message, and pass on what is in it.
fn open(
    shared: &Arc<Shared>,
    channel: &Arc<Channel>,
    delivery: &mut Delivery,
    message: Message,
) -> Result<(), Undelivered> {
    let (back, sealed) = (message.back.stops, Vec::from(message.payload));
    let known = shared.keys.known();
    let received = channel.receiving(|receiving| receiving.receive(&back, sealed, known));
    let Received { what, moved } = match received {
        Ok(received) => received,
        Err(why) => {
            if is_another_s(&why) {
                shared.close(channel, &why.to_string(), true);
            }
            // As if it had been lost on the way.
            return Err(SendError::Denied(why.to_string()).into());
        }
    };
    channel.hears(back.first());
    if let Some(way) = moved
        && shared.may_move(channel, &way)
    {
        channel.sending(|sending| sending.follow(way));
    }
    match what {
        What::Message { onward, back, payload } => {
            channel.traffic.received.fetch_add(1, Relaxed);
            let answered = |name: &_| channel.replies(|replies| replies.take(name));
            delivery.deliver(shared.router(), (onward, back), payload.into(), answered)?;
        }
        What::Refreshed => {
            let identity = channel.identity;
            tracing::info!(target: "skep::secure", %identity, "has shown a newer history");
        }
        What::Closed => shared.close(channel, "the other end has closed it", false),
    }
    Ok(())
}

/// Whether the other end has shown a history that is not the one that is known: it has a key
/// that was rotated away.
fn is_another_s(why: &ReceiveError) -> bool {
    let known = [KnownError::Conflict, KnownError::Rollback];
    matches!(why, ReceiveError::Refresh(Refusal::Known(why)) if known.contains(why))
}

/// Count what is refused; only what waits for room comes back.
fn see(
    shared: &Shared,
    channel: &Channel,
    delivered: Result<(), Undelivered>,
) -> Option<Box<Message>> {
    match delivered {
        Ok(()) => None,
        Err(Undelivered::Full(stalled)) => Some(stalled),
        Err(Undelivered::Refused(why)) => {
            channel.traffic.refused.fetch_add(1, Relaxed);
            shared.refuse(|| format!("a message in the channel of {}: {why}", channel.identity));
            None
        }
    }
}

impl Recipient for Decryptor {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn is_open(&self) -> bool {
        !matches!(*lock(&self.state), State::Over)
    }

    /// Opened where it arrives: short handlers then run right there.
    fn notify(self: Arc<Self>) {
        self.turns.take(|| self.open_all());
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn carries(&self) -> bool {
        true
    }

    /// What counts is what is sealed in it.
    fn access(&self) -> Access {
        Access::Peers
    }

    /// What it sends is the handshake's, and what is sealed: the program has said where to.
    fn network(&self) -> Network {
        Network::everywhere()
    }
}
