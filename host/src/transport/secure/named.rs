//! Channels that the settings name: workers send through them as to any address, and they
//! are opened when that happens.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use skep_protocol::{Address, Identifier, Route};
use skep_secure::Trust;

use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::native::APP;
use crate::router::{Message, Place, Recipient, SendError, Stats};
use crate::sync::{Mutex, lock};
use crate::transport::leave::lose;
use crate::transport::names::DECRYPTOR;
use crate::transport::secure::channel::Channel;
use crate::transport::secure::status::{ChannelState, ChannelStatus, Traffic};
use crate::transport::secure::turns::{Later, Turns};
use crate::transport::secure::{SecureError, Shared};

/// What waits until the channel is open.
const CAPACITY: Capacity = Capacity { messages: 1_024, bytes: 8 << 20 };
/// So long after a handshake has failed the next one is tried at the earliest; what is sent
/// meanwhile fails at once.
const PAUSE: Duration = Duration::from_secs(1);

/// So many channels may wait for answers besides the one that has taken their place.
const MOST_REPLACED: usize = 8;
/// Why one is closed in the end.
const REPLACED: &str = "another has taken its place";

/// A name for a channel.
pub(super) struct Named {
    shared: Weak<Shared>,
    address: Address,
    /// Where the other end's listener is.
    listener: Route,
    /// Who it has to be.
    expected: Identifier,
    /// Workers that may send through it, besides the program.
    workers: Vec<Address>,
    mailbox: Mailbox<Box<Message>>,
    stats: Stats,
    turns: Turns,
    state: Mutex<State>,
    later: Later,
}

#[derive(Debug, Default)]
struct State {
    channel: Option<Arc<Channel>>,
    /// Those before it by which answers may still come.
    replaced: Vec<Arc<Channel>>,
    is_opening: bool,
    /// When the last try failed.
    failed: Option<Instant>,
    /// Why that was, or why its channel was closed since.
    why: Option<String>,
}

impl Shared {
    /// Give a channel a name. It is not opened before something is sent.
    ///
    /// # Errors
    /// When another has the address.
    pub(crate) fn name(
        self: &Arc<Self>,
        address: Address,
        listener: Route,
        expected: Identifier,
        workers: Vec<Address>,
    ) -> Result<(), SecureError> {
        let named = Arc::new(Named {
            shared: Arc::downgrade(self),
            address: address.clone(),
            listener,
            expected,
            workers,
            mailbox: Mailbox::new(CAPACITY),
            stats: Stats::default(),
            turns: Turns::default(),
            state: Mutex::default(),
            later: Later::default(),
        });
        if !self.router().register(address.clone(), named.clone()) {
            return Err(SecureError::Address(address.to_string()));
        }
        lock(&self.named).push(named);
        Ok(())
    }
}

/// What there is to send through.
enum Through {
    Channel(Arc<Channel>),
    /// There is none yet.
    Later,
    /// There is none, for this reason.
    None(String),
}

impl Named {
    /// Whether its channel has this address.
    pub(super) fn leads_through(&self, address: &Address) -> bool {
        let state = lock(&self.state);
        state.channel.as_ref().is_some_and(|channel| channel.ends.encryptor == *address)
    }

    /// Say of its channel, if it is this one, what is known of its name.
    pub(super) fn names(&self, status: &mut ChannelStatus) {
        if self.leads_through(&status.address) {
            status.name = Some(self.address.clone());
            status.last_failure = lock(&self.state).why.clone();
        }
    }

    /// As `skep ps --channels` shows it while it has no open channel.
    pub(super) fn describe(&self) -> ChannelStatus {
        let mut status = Traffic::default().status(
            self.address.clone(),
            self.expected,
            true,
            self.listener.clone(),
        );
        let state = lock(&self.state);
        status.name = Some(self.address.clone());
        status.state =
            if state.is_opening { ChannelState::Connecting } else { ChannelState::Waiting };
        status.last_failure.clone_from(&state.why);
        status
    }

    /// Its channel is closed, if it is the one of this address.
    pub(super) fn was_closed(&self, address: &Address, why: &str) {
        if self.leads_through(address) {
            lock(&self.state).why = Some(format!("the secure channel was closed: {why}"));
        }
    }

    /// Pass on what there is to the channel, as far as there is one, and room in it.
    fn pass_all(self: &Arc<Self>) {
        let Some(shared) = self.shared.upgrade() else { return };
        while !self.mailbox.is_empty() {
            let channel = match self.through(&shared) {
                Through::Channel(channel) => channel,
                Through::Later => return,
                Through::None(why) => return self.give_up_all(&shared, &why),
            };
            let Some(message) = self.mailbox.pop() else { return };
            if let Err(message) = self.pass(&shared, &channel, message) {
                match self.mailbox.push_front(message) {
                    Ok(()) => self.later.notify(&shared, self.clone()),
                    Err(message) => self.give_up(&shared, message, "the node stops"),
                }
                return;
            }
        }
    }

    /// The channel. One that may lead to nobody any more is opened anew: the other end may
    /// have begun anew, and then knows nothing of the old one.
    fn through(self: &Arc<Self>, shared: &Arc<Shared>) -> Through {
        let state = &mut *lock(&self.state);
        let usable = |channel: &&Arc<Channel>| !channel.is_over() && !channel.is_doubtful();
        if let Some(channel) = state.channel.as_ref().filter(usable) {
            return Through::Channel(channel.clone());
        }
        if state.is_opening {
            return Through::Later;
        }
        if state.failed.is_some_and(|at| at.elapsed() < PAUSE) {
            let why = state.why.as_deref().unwrap_or("it was closed");
            return Through::None(self.without(&format!("{why} (so the last try, a moment ago)")));
        }
        state.is_opening = true;
        shared.runtime.spawn(self.clone().open());
        Through::Later
    }

    async fn open(self: Arc<Self>) {
        let Some(shared) = self.shared.upgrade() else { return };
        match shared.connect(self.listener.clone(), Trust::only([self.expected])).await {
            Ok(channel) => self.opened(&shared, channel),
            Err(why) => self.failed(&shared, &why),
        }
    }

    fn opened(self: &Arc<Self>, shared: &Shared, channel: Arc<Channel>) {
        let old = {
            let state = &mut *lock(&self.state);
            (state.is_opening, state.failed, state.why) = (false, None, None);
            state.channel.replace(channel)
        };
        if let Some(old) = old {
            lock(&self.state).replaced.push(old);
            self.close_replaced(shared);
        }
        shared.core.executor.helping(|| self.clone().notify());
    }

    /// Those who wait for it are told why.
    fn failed(&self, shared: &Shared, why: &SecureError) {
        let named = match why {
            SecureError::Refused(_) => {
                "; `identity` of the channel in node.toml says who it has to be"
            }
            SecureError::NoListener => "; `route` of the channel in node.toml ends at its listener",
            _ => "",
        };
        let why = format!("{why}{named}");
        let told = self.without(&why);
        shared.gate.warn(|| told.clone());
        {
            let state = &mut *lock(&self.state);
            (state.is_opening, state.failed) = (false, Some(Instant::now()));
            state.why = Some(why);
        }
        shared.core.executor.helping(|| self.turns.take(|| self.give_up_all(shared, &told)));
    }

    /// Close the channels that others have taken the place of. They may only have been slow: as
    /// long as somebody waits for an answer by one, it stays.
    pub(super) fn close_replaced(&self, shared: &Shared) {
        let done: Vec<_> = {
            let replaced = &mut lock(&self.state).replaced;
            let too_many = replaced.len().saturating_sub(MOST_REPLACED);
            let oldest: Vec<_> = replaced.drain(..too_many).collect();
            let unawaited = replaced.extract_if(.., |channel| !channel.is_awaited());
            oldest.into_iter().chain(unawaited).collect()
        };
        done.iter().for_each(|channel| shared.close(channel, REPLACED, true));
    }

    /// What is said to those whose messages it does not take along.
    fn without(&self, why: &str) -> String {
        format!("no secure channel `{}`: {why}", self.address)
    }

    fn pass(
        &self,
        shared: &Shared,
        channel: &Channel,
        mut message: Box<Message>,
    ) -> Result<(), Box<Message>> {
        let weight = message.weight();
        let router = shared.router();
        let to = router.find(&channel.ends.encryptor).ok_or(SendError::Closed);
        match to.and_then(|to| Place::reserve(router, to, weight)) {
            Ok(place) => {
                self.mailbox.release(weight);
                message.recipient = channel.ends.encryptor.clone();
                place.fill(router, message);
            }
            Err(SendError::MailboxFull(_)) => return Err(message),
            Err(why) => self.give_up(shared, message, &why.to_string()),
        }
        Ok(())
    }

    fn give_up_all(&self, shared: &Shared, why: &str) {
        while let Some(message) = self.mailbox.pop() {
            self.give_up(shared, message, why);
        }
    }

    fn give_up(&self, shared: &Shared, message: Box<Message>, why: &str) {
        self.mailbox.release(message.weight());
        Stats::add(&self.stats.failed, 1);
        lose(*message, &self.address, shared.router(), &shared.gate, why);
    }
}

impl Recipient for Named {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn is_open(&self) -> bool {
        true
    }

    fn notify(self: Arc<Self>) {
        self.turns.take(|| self.pass_all());
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn carries(&self) -> bool {
        true
    }

    /// A channel that leads through this one asks in the name of its decryptor, which no worker
    /// can have: who may send through that is on its own list.
    fn refuses(&self, worker: &Address) -> Option<String> {
        let is_channel = worker.is_local() && worker.bytes().starts_with(DECRYPTOR);
        let is_let = is_channel || *worker == Address::from(APP) || self.workers.contains(worker);
        let address = &self.address;
        (!is_let)
            .then(|| format!("`{worker}` is not on the list `workers` of the channel `{address}`"))
    }
}
