//! How others open channels to this node.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use skep_protocol::Address;
use skep_secure::ends::{Asked, Asking, Limits, Listener as HalfOpen, Open};
use skep_secure::{Judge, Trust};
use tokio::sync::Notify;

use crate::config::Access;
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::router::{Message, Origin, Recipient, Stats};
use crate::sync::{Mutex, lock};
use crate::transport::rate::Rate;
use crate::transport::secure::decryptor::Decryptor;
use crate::transport::secure::keys::seed;
use crate::transport::secure::{HANDSHAKE, SecureError, Shared, now};
use crate::transport::tcp::has_proved;

/// First messages that wait. Each is a key of 32 bytes, and a way back.
const CAPACITY: Capacity = Capacity { messages: 64, bytes: 256 << 10 };
/// Half-open handshakes of one sender, and of all.
const OF_SOURCE: usize = 16;
const IN_ALL: usize = 128;
/// Handshakes in a second. Each costs a quarter of a millisecond.
const A_SECOND: f64 = 500.0;
/// A first message is 32 bytes, with a payload that nobody sends.
const LONGEST_FIRST: usize = 1 << 10;
/// A third one has an identity in it.
const LONGEST_THIRD: usize = 64 << 10;

/// Where others ask for channels.
pub(super) struct Listener {
    address: Address,
    /// It is one of `node.toml`, which says whom it trusts.
    is_of_settings: bool,
    trust: Mutex<Trust>,
    mailbox: Mailbox<Box<Message>>,
    stats: Stats,
    told: Notify,
    /// Ends that have got something: the third message of their handshakes.
    ready: Mutex<Vec<Address>>,
}

impl Listener {
    #[cfg(feature = "cli")]
    pub(super) fn trusts(&self, identity: &skep_secure::Identifier) -> bool {
        lock(&self.trust).admits(identity)
    }

    pub(super) fn set_trust(&self, trust: Trust) {
        *lock(&self.trust) = trust;
    }

    pub(super) fn is_of_settings(&self) -> bool {
        self.is_of_settings
    }

    fn is_ready(&self, end: &Address) {
        let ready = &mut *lock(&self.ready);
        if !ready.contains(end) {
            ready.push(end.clone());
        }
        self.told.notify_one();
    }
}

impl Shared {
    /// Let those who are trusted open channels to this node, at this address.
    ///
    /// # Errors
    /// When another has the address.
    pub(crate) fn listen(
        self: &Arc<Self>,
        address: Address,
        trust: Trust,
        is_of_settings: bool,
    ) -> Result<(), SecureError> {
        if self.over.is_on() {
            return Err(SecureError::Closed);
        }
        let listener = Arc::new(Listener {
            address: address.clone(),
            is_of_settings,
            trust: Mutex::new(trust),
            mailbox: Mailbox::new(CAPACITY),
            stats: Stats::default(),
            told: Notify::new(),
            ready: Mutex::default(),
        });
        if !self.router().register(address.clone(), listener.clone()) {
            return Err(SecureError::Address(address.to_string()));
        }
        lock(&self.listeners).push(listener.clone());
        self.runtime.spawn(Serving::new(self, listener).run());
        Ok(())
    }
}

/// What a listener's task has. One handshake is worked on at a time, away from the threads
/// that others wait for: however many there are, they take one core at most.
struct Serving {
    shared: Weak<Shared>,
    listener: Arc<Listener>,
    half_open: Arc<Mutex<HalfOpen<Address>>>,
    ends: HashMap<Address, Arc<Decryptor>>,
    rate: Rate,
    began: Instant,
}

impl Serving {
    fn new(shared: &Arc<Shared>, listener: Arc<Listener>) -> Self {
        let limits = Limits { of_source: OF_SOURCE, in_all: IN_ALL, patience: HANDSHAKE };
        Self {
            shared: Arc::downgrade(shared),
            listener,
            half_open: Arc::new(Mutex::new(HalfOpen::new(limits))),
            ends: HashMap::new(),
            rate: Rate::new(A_SECOND),
            began: Instant::now(),
        }
    }

    async fn run(mut self) {
        let listener = self.listener.clone();
        loop {
            {
                let Some(shared) = self.shared.upgrade() else { return };
                self.expire(&shared);
                self.answer_all(&shared).await;
                if let Some(message) = listener.mailbox.pop() {
                    listener.mailbox.release(message.weight());
                    self.ask(&shared, *message).await;
                    Stats::add_alone(&listener.stats.handled, 1);
                    let wait = self.rate.spend(1.0);
                    drop(shared);
                    tokio::time::sleep(wait.unwrap_or_default()).await;
                    continue;
                }
            }
            let expiry = lock(&self.half_open).next_expiry();
            let wait = expiry
                .map_or(Duration::from_secs(3_600), |at| at.saturating_sub(self.began.elapsed()));
            let parts = self.shared.upgrade();
            let parts = parts.map(|shared| (shared.over.clone(), shared.core.timers.clone()));
            let Some((over, timers)) = parts else { return };
            tokio::select! {
                () = listener.told.notified() => {}
                () = timers.sleep(wait) => {}
                () = over.on() => return,
            }
        }
    }

    /// Those that have been half open for too long are no more.
    fn expire(&mut self, shared: &Shared) {
        let late = lock(&self.half_open).expire(self.began.elapsed());
        for ends in late {
            self.forget(shared, &ends.decryptor);
        }
    }

    fn forget(&mut self, shared: &Shared, decryptor: &Address) {
        if let Some(decryptor) = self.ends.remove(decryptor) {
            shared.forget(&decryptor);
        }
    }

    /// A first message: an end is made for its sender, and the second one sent.
    async fn ask(&mut self, shared: &Arc<Shared>, message: Message) {
        let source = source(&message.origin);
        if let Err(why) = self.begin(shared, message).await {
            shared.refuse(|| format!("a secure channel, asked for by {source}: {why}"));
        }
    }

    async fn begin(&mut self, shared: &Arc<Shared>, message: Message) -> Result<(), String> {
        if message.payload.len() > LONGEST_FIRST {
            return Err("what has come is no handshake".into());
        }
        let identity = shared.identity().await.map_err(|why| why.to_string())?;
        let text = |why: SecureError| why.to_string();
        let (ends, ephemeral) = (shared.new_ends().map_err(text)?, seed().map_err(text)?);
        let listener = self.listener.clone();
        let told = move |end: &Address| listener.is_ready(end);
        let decryptor = Decryptor::new(shared, ends.decryptor.clone(), told);
        let (half_open, at) = (self.half_open.clone(), self.began.elapsed());
        let source = source(&message.origin);
        let ask = move || {
            let back = message.back.to_route();
            let asking = Asking { source, back, message1: &message.payload, ends, ephemeral };
            lock(&half_open).ask(&identity, asking, now(), at)
        };
        let asked = shared.runtime.spawn_blocking(ask).await.map_err(|why| why.to_string())?;
        let Asked { ends, message2, gone } = asked.map_err(|why| why.to_string())?;
        if let Some(gone) = gone {
            self.forget(shared, &gone.decryptor);
        }
        shared.router().register(ends.decryptor.clone(), decryptor.clone());
        self.ends.insert(ends.decryptor.clone(), decryptor);
        let sent = shared.put(message2, Origin::Worker(ends.decryptor));
        sent.map_err(|why| why.to_string())
    }

    /// Third messages go before first ones: their senders have proved that they wait.
    async fn answer_all(&mut self, shared: &Arc<Shared>) {
        let ready = std::mem::take(&mut *lock(&self.listener.ready));
        for end in ready {
            let Some(decryptor) = self.ends.remove(&end) else { continue };
            match self.answer(shared, &decryptor).await {
                Ok(()) => {}
                Err(why) => {
                    shared.forget(&decryptor);
                    shared.refuse(|| format!("a secure channel: {why}"));
                }
            }
        }
    }

    async fn answer(
        &mut self,
        shared: &Arc<Shared>,
        decryptor: &Arc<Decryptor>,
    ) -> Result<(), String> {
        let message = decryptor.take().ok_or("its message is gone")?;
        let source = source(&message.origin);
        let told = |why: &dyn std::fmt::Display| format!("asked for by {source}: {why}");
        if message.payload.len() > LONGEST_THIRD {
            return Err(told(&"what has come is no handshake"));
        }
        let link = message.back.stops.first().cloned();
        let (half_open, trust) = (self.half_open.clone(), lock(&self.listener.trust).clone());
        // Anybody can make an identity that everyone is trusted with.
        let counts = !trust.is_everyone();
        let (me, end) = (shared.clone(), decryptor.address().clone());
        let answer = move || {
            let judge = Judge { now: now(), trust: &trust, known: me.keys.known() };
            let back = message.back.to_route();
            lock(&half_open).answer(&end, back, &message.payload, judge)
        };
        let answered = shared.runtime.spawn_blocking(answer).await;
        let answered = answered.map_err(|why| told(&why))?;
        let open: Open = answered.map_err(|why| told(&why))?;
        let listener = Some(&self.listener.address);
        shared.add(open, decryptor, listener, link.as_ref()).map_err(|why| told(&why))?;
        if let Some(link) = link.filter(|_| counts)
            && let Some(found) = shared.router().find(&link)
        {
            has_proved(&*found);
        }
        Ok(())
    }
}

/// Whose handshake it is: a link's, a channel's, or a worker's.
fn source(origin: &Origin) -> Address {
    match origin {
        Origin::Peer(peer) => peer.address().clone(),
        Origin::Worker(worker) => worker.clone(),
        Origin::Node(_) => Address::from("the-node"),
    }
}

impl Recipient for Listener {
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
        self.told.notify_one();
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whoever asks has to prove who it is.
    fn access(&self) -> Access {
        Access::Peers
    }
}
