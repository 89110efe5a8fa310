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
use crate::transport::tcp::proves;

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

    /// Where there is no room for another one, those go first whose links or channels are gone.
    fn make_room(&mut self, shared: &Shared) {
        let gone = {
            let half_open = &mut *lock(&self.half_open);
            let lives = |way: &Address| shared.router().find(way).is_some();
            if half_open.is_full() { half_open.retain(lives) } else { Vec::new() }
        };
        for ends in gone {
            self.forget(shared, &ends.decryptor);
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
        self.make_room(shared);
        let (source, group) = (way_of(&message.origin), group(&message.origin));
        let ask = move || {
            let (back, message1) = (message.back.to_route(), &message.payload[..]);
            let asking = Asking { source, group, back, message1, ends, ephemeral };
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
        let added = shared.add(open, decryptor, listener, link.as_ref());
        let channel = added.map_err(|why| told(&why))?;
        if let Some(link) = link.filter(|_| counts)
            && let Some(found) = shared.router().find(&link)
        {
            channel.holds(proves(&*found));
        }
        Ok(())
    }
}

/// The connection or channel that a handshake comes by, or the worker that it is of.
fn way_of(origin: &Origin) -> Address {
    match origin {
        Origin::Peer(peer) => peer.link().clone(),
        origin => source(origin),
    }
}

/// What it counts with: nodes of one host that have proved nothing are one.
fn group(origin: &Origin) -> Address {
    match origin {
        Origin::Peer(peer) if peer.is_stranger() => peer.host().name().clone(),
        origin => way_of(origin),
    }
}

/// Whose handshake it is, for people: a link's, a channel's, or a worker's.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::Peer;

    #[test]
    fn links_of_one_host_are_one_until_they_prove_something() {
        let peer = |name: &str, at: &str| Origin::Peer(Peer::new(name.into(), at.into()));
        let (one, other) = (peer("_l1", "1#h:1"), peer("_l2", "1#h:2"));
        assert_ne!(way_of(&one), way_of(&other));
        assert_eq!(group(&one), group(&other));
        assert_ne!(group(&one), group(&peer("_l3", "1#i:1")));
        let Origin::Peer(link) = &one else { unreachable!() };
        let proof = link.proves();
        assert_eq!((group(&one), group(&other)), ("_l1".into(), "h".into()));
        drop(proof);
        assert_eq!(group(&one), group(&other));
    }
}
