//! Secure channels: two nodes that know who the other is, and whose messages nobody between
//! can read or change. They are Ockam's, so that a real Ockam node can be the other end; the
//! bytes are `skep_secure`'s, and here are the addresses, the clock and the mailboxes.
//!
//! - `keys`: who this node is, and what it knows of others.
//! - `connect`: how this node opens a channel; `listener`: how others do.
//! - `named`: the channels that the settings name, which are opened when they are needed.
//! - `channel`: an open end, which has two addresses:
//! - `encryptor`: where the node's workers send to;
//! - `decryptor`: where the other end sends to.
//! - `turns`: one thread at a time.
//! - `sweep`: looks after channels that nobody uses; `status`: what people are told.

mod channel;
mod connect;
mod decryptor;
mod encryptor;
mod keys;
mod listener;
mod named;
mod status;
mod sweep;
mod turns;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

pub(crate) use keys::{HistoryStore, IdentityStore, Keys};
#[cfg(feature = "cli")]
pub(crate) use keys::{new_identity, seed};
use skep_protocol::{Address, Identifier, Route};
use skep_secure::ends::{Ends, Open, Outgoing};
use skep_secure::{Identity, Trust};
pub use status::{ChannelState, ChannelStatus};

use crate::outbox::Core;
use crate::router::{Origin, Recipient, Router, SendError, Unplaced};
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::transport::gate::Gate;
use crate::transport::names::{CHANNEL, DECRYPTOR, Names};
use crate::transport::secure::channel::Channel;
use crate::transport::secure::decryptor::Decryptor;
use crate::transport::secure::encryptor::Encryptor;
use crate::transport::secure::listener::Listener;
use crate::transport::secure::named::Named;
use crate::transport::switch::Switch;

/// Channels that a node may have, and those that one identity may have with it.
const CHANNELS: usize = 1_024;
const OF_ONE: usize = 64;
/// How many channels may lead through one another.
const LEVELS: u8 = 4;
/// How long a handshake may take in all.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What all secure channels of a node have in common.
pub(crate) struct Shared {
    me: Weak<Shared>,
    core: Arc<Core>,
    keys: Keys,
    /// The bytes of one message's payload.
    message: usize,
    runtime: tokio::runtime::Handle,
    names: Mutex<Names>,
    /// By the address that leads through each.
    channels: Mutex<HashMap<Address, Ended>>,
    listeners: Mutex<Vec<Arc<Listener>>>,
    named: Mutex<Vec<Arc<Named>>>,
    gate: Gate,
    /// Handshakes and sealed messages that were refused.
    refused: AtomicU64,
    /// Who this node was when that was shown last through the open channels.
    shown: Mutex<Option<Arc<Identity>>>,
    sweeps: AtomicBool,
    over: Switch,
}

/// An open channel and its two addresses.
struct Ended {
    channel: Arc<Channel>,
    encryptor: Arc<Encryptor>,
    decryptor: Arc<Decryptor>,
}

/// Why there is no secure channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecureError {
    /// The node's own identity cannot be used.
    #[error("{0}")]
    Identity(String),
    /// What the node knows of others' identities cannot be believed.
    #[error("{0}")]
    Known(String),
    /// The name of a listener or a channel cannot be had.
    #[error("`{0}` is the address of another, or no name that a worker could have")]
    Address(String),
    /// The first message could not be sent, or was lost on its way.
    #[error("the other end cannot be reached: {0}")]
    Unreachable(String),
    /// No answer came in time. A node that refuses says nothing.
    #[error(
        "no answer within {} s: nobody is there, or this node's identity {own} is not trusted there",
        within.as_secs()
    )]
    Timeout {
        /// Who this node is.
        own: Identifier,
        /// How long it has waited.
        within: Duration,
    },
    /// What has come for an answer belongs to no handshake.
    #[error(
        "what is there does not answer as a listener for secure channels does, or its answer was \
         changed on the way"
    )]
    NoListener,
    /// The other end is refused.
    #[error("the other end is refused: {0}")]
    Refused(String),
    /// There are as many channels as there may be.
    #[error("there are {CHANNELS} secure channels, and not more")]
    TooMany,
    /// The channel leads through too many others.
    #[error("a secure channel leads through at most {LEVELS} others")]
    TooDeep,
    /// The node has stopped.
    #[error("the node has stopped")]
    Closed,
}

impl Shared {
    /// The channels of a node, of which there are none yet. A message's payload has at most
    /// so many bytes.
    pub(crate) fn new(
        core: Arc<Core>,
        keys: Keys,
        message: usize,
        runtime: tokio::runtime::Handle,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            core,
            keys,
            message,
            runtime,
            names: Mutex::new(Names::new()),
            channels: Mutex::default(),
            listeners: Mutex::default(),
            named: Mutex::default(),
            gate: Gate::new(),
            refused: AtomicU64::new(0),
            shown: Mutex::default(),
            sweeps: AtomicBool::new(false),
            over: Switch::new(),
        })
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Make sure that this node has an identity and can believe what it knows of others', and
    /// say which.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn check_identity(self: &Arc<Self>) -> Result<(), SecureError> {
        self.keys.check_known()?;
        let identity = self.identity().await?.identifier();
        tracing::info!(target: "skep::secure", "this node is {identity}");
        Ok(())
    }

    /// Open a channel; says its address, and who is at the other end.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub(crate) async fn open(
        self: &Arc<Self>,
        listener: Route,
        trust: Trust,
    ) -> Result<(Address, Identifier), SecureError> {
        let channel = self.connect(listener, trust).await?;
        Ok((channel.ends.encryptor.clone(), channel.identity))
    }

    /// How many handshakes and sealed messages were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// All open channels and those that have a name, the ones that this node opens first.
    pub(crate) fn channels(&self) -> Vec<ChannelStatus> {
        let mut all: Vec<_> = self.all().iter().map(|channel| channel.describe()).collect();
        let named = lock(&self.named).clone();
        for status in &mut all {
            named.iter().for_each(|named| named.names(status));
        }
        let is_open = |named: &&Arc<Named>| {
            all.iter().any(|status| status.name.as_ref() == Some(named.address()))
        };
        let shut: Vec<_> =
            named.iter().filter(|named| !is_open(named)).map(|named| named.describe()).collect();
        all.extend(shut);
        all.sort_by(|a, b| b.is_opened.cmp(&a.is_opened).then_with(|| a.name.cmp(&b.name)));
        all
    }

    /// Close a channel: false if there is none of this address.
    pub(crate) fn close_at(&self, address: &Address) -> bool {
        let found = lock(&self.channels).get(address).map(|ended| ended.channel.clone());
        found.inspect(|channel| self.close(channel, "it was closed", true)).is_some()
    }

    /// Others are trusted from now on by the listener that the settings name: whoever is not
    /// any more loses the channels that it has opened.
    pub(crate) fn set_trust(&self, trust: &Trust) {
        for listener in lock(&self.listeners).iter().filter(|listener| listener.is_of_settings()) {
            listener.set_trust(trust.clone());
            for channel in self.all() {
                if channel.listener() == Some(listener.address())
                    && !trust.admits(&channel.identity)
                {
                    self.close(&channel, "its other end is not trusted any more", true);
                }
            }
        }
    }

    /// Whether a listener of this node lets this identity open channels, or there is one with it.
    #[cfg(feature = "cli")]
    pub(crate) fn admits(&self, identity: &Identifier) -> bool {
        let trusted = lock(&self.listeners).iter().any(|listener| listener.trusts(identity));
        trusted || self.all().iter().any(|channel| channel.identity == *identity)
    }

    /// Whether others ask for channels at this address.
    #[cfg(feature = "cli")]
    pub(crate) fn listens_at(&self, address: &Address) -> bool {
        lock(&self.listeners).iter().any(|listener| listener.address() == address)
    }

    fn all(&self) -> Vec<Arc<Channel>> {
        lock(&self.channels).values().map(|ended| ended.channel.clone()).collect()
    }

    /// Close all channels and take no more.
    pub(crate) fn shut_down(&self) {
        self.over.turn_on();
        for channel in self.all() {
            self.close(&channel, "the node stops", true);
        }
    }

    fn router(&self) -> &Router {
        &self.core.router
    }

    /// Addresses for a new end.
    fn new_ends(&self) -> Result<Ends, SecureError> {
        let names = &mut *lock(&self.names);
        let ends = names.next(CHANNEL).zip(names.next(DECRYPTOR));
        let (encryptor, decryptor) =
            ends.ok_or_else(|| SecureError::Identity("the system gives no randomness".into()))?;
        Ok(Ends { encryptor, decryptor })
    }

    /// Send what belongs to a channel itself.
    fn put(&self, out: Outgoing, origin: Origin) -> Result<(), SendError> {
        let Outgoing { onward, back, payload } = out;
        let (to, back, payload) = (onward.into(), back.into(), payload.into());
        let message = Unplaced::new(to, back, payload, origin, None);
        let next = self.core.router.route(message).map_err(|(why, _)| why)?;
        self.core.executor.helping(|| next.deliver(&self.core.router));
        Ok(())
    }

    /// Something of a peer's goes nowhere. It is counted, and now and then told in the log.
    fn refuse(&self, why: impl FnOnce() -> String) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.gate.warn(|| format!("refused {}", why()));
    }

    /// How many channels a way leads through.
    fn levels(&self, way: &Route) -> u8 {
        let through = |stop| self.router().find(stop);
        way.first().and_then(through).map_or(0, |found| {
            let found: &dyn Any = &*found;
            found.downcast_ref::<Encryptor>().map_or(0, |it| it.channel.level() + 1)
        })
    }

    /// Whether a channel's way may become this one: it does not come to lead through another
    /// channel, which might lead through this one.
    fn may_move(&self, channel: &Channel, way: &Route) -> bool {
        let goes_on = channel.sending(|sending| sending.way().first() == way.first());
        goes_on || self.levels(way) == 0
    }

    /// A channel is open: it has an address from now on. None has asked this listener for it if
    /// this node has opened it. The handshake has come by that link.
    fn add(
        self: &Arc<Self>,
        open: Open,
        decryptor: &Arc<Decryptor>,
        listener: Option<&Address>,
        link: Option<&Address>,
    ) -> Result<Arc<Channel>, SecureError> {
        let level = self.levels(open.sending.way());
        if level > LEVELS {
            return Err(SecureError::TooDeep);
        }
        let channel = Channel::new(self, open, listener.cloned(), level);
        channel.hears(link);
        let encryptor = Encryptor::new(channel.clone());
        {
            let channels = &mut *lock(&self.channels);
            // Others take no place from those that this node opens.
            let same = |it: &&Ended| it.channel.is_opened() == channel.is_opened();
            let of_one = |it: &&Ended| it.channel.identity == channel.identity;
            let all = channels.values().filter(same);
            let is_one_s = listener.is_some() && all.clone().filter(of_one).count() >= OF_ONE;
            if is_one_s || all.count() >= CHANNELS {
                return Err(SecureError::TooMany);
            }
            if self.over.is_on() {
                return Err(SecureError::Closed);
            }
            let ended = Ended {
                channel: channel.clone(),
                encryptor: encryptor.clone(),
                decryptor: decryptor.clone(),
            };
            channels.insert(channel.ends.encryptor.clone(), ended);
        }
        self.router().register(channel.ends.encryptor.clone(), encryptor);
        decryptor.open(channel.clone(), self.message);
        let (address, identity) = (&channel.ends.encryptor, channel.identity);
        tracing::info!(target: "skep::secure", %identity, %address, "a secure channel is open");
        self.sweep();
        Ok(channel)
    }

    /// A channel is over. The other end is told, unless it has said so itself.
    fn close(&self, channel: &Channel, why: &str, tell: bool) {
        let Some(told) = channel.close(why, tell) else { return };
        let ended = lock(&self.channels).remove(&channel.ends.encryptor);
        if let Some(told) = told {
            let _ = self.put(told, channel.origin());
        }
        let Some(Ended { encryptor, decryptor, .. }) = ended else { return };
        encryptor.close(self, &format!("the secure channel is closed: {why}"));
        let named = lock(&self.named).clone();
        named.iter().for_each(|named| named.was_closed(&channel.ends.encryptor, why));
        let address = channel.ends.encryptor.clone();
        self.router().unregister(&address, &(encryptor as Arc<dyn Recipient>));
        self.forget(&decryptor);
        let identity = channel.identity;
        tracing::info!(target: "skep::secure", %identity, %address, "a secure channel is closed: {why}");
    }

    /// An address of a handshake or a channel is none any more.
    fn forget(&self, decryptor: &Arc<Decryptor>) {
        decryptor.close();
        let recipient: Arc<dyn Recipient> = decryptor.clone();
        self.router().unregister(decryptor.address(), &recipient);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// The time, in seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
