//! An open end of a secure channel.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use skep_protocol::{Address, Identifier};
use skep_secure::ends::{Ends, Open, Outgoing, Receiving, Sending};

use crate::router::{Origin, Peer, Proof};
use crate::sync::{Mutex, Ordering, lock};
use crate::transport::replies::Replies;
use crate::transport::secure::Shared;
use crate::transport::secure::status::{ChannelStatus, Traffic};

/// A channel that was heard nothing of for so long after something was sent through it may
/// lead to nobody any more.
const SILENCE: Duration = Duration::from_secs(10);

/// An open end of a secure channel. Its two addresses have recipients of their own.
pub(super) struct Channel {
    pub(super) shared: Weak<Shared>,
    pub(super) ends: Ends,
    /// The node at the other end, and what it was shown.
    pub(super) peer: Peer,
    pub(super) identity: Identifier,
    /// The listener that it was asked for at; none if this node has opened it.
    listener: Option<Address>,
    /// How many channels of this node its way leads through. Ways change, but none comes to
    /// lead through another channel: so there are no circles.
    level: u8,
    sending: Mutex<Sending>,
    receiving: Mutex<Receiving>,
    replies: Mutex<Replies>,
    pub(super) traffic: Traffic,
    heard: Mutex<Heard>,
    /// Since when another end has shown a newer history of this identity, with how many changes.
    outdated: Mutex<Option<(Instant, usize)>>,
    /// What it proves of the link that it was opened by, while it is open.
    proof: Mutex<Option<Proof>>,
    over: AtomicBool,
}

/// When the other end was heard last, and by what.
struct Heard {
    at: Instant,
    /// The link, while it lives.
    link: Option<Address>,
    /// When something was sent that was not followed by anything.
    unanswered: Option<Instant>,
}

impl Channel {
    pub(super) fn new(
        shared: &Arc<Shared>,
        open: Open,
        listener: Option<Address>,
        level: u8,
    ) -> Arc<Self> {
        let Open { ends, sending, receiving } = open;
        let identity = receiving.peer().identifier();
        let peer = Peer::proved(ends.encryptor.clone(), identity);
        let heard = Heard { at: Instant::now(), link: None, unanswered: None };
        Arc::new(Self {
            shared: Arc::downgrade(shared),
            ends,
            peer,
            identity,
            listener,
            level,
            sending: Mutex::new(sending),
            receiving: Mutex::new(receiving),
            replies: Mutex::new(Replies::new()),
            traffic: Traffic::default(),
            heard: Mutex::new(heard),
            outdated: Mutex::default(),
            proof: Mutex::default(),
            over: AtomicBool::new(false),
        })
    }

    /// Whether this node has opened it.
    pub(super) fn is_opened(&self) -> bool {
        self.listener.is_none()
    }

    pub(super) fn listener(&self) -> Option<&Address> {
        self.listener.as_ref()
    }

    pub(super) fn level(&self) -> u8 {
        self.level
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Not held while anything is passed on: that may come back here.
    pub(super) fn sending<R>(&self, act: impl FnOnce(&mut Sending) -> R) -> R {
        act(&mut lock(&self.sending))
    }

    /// As [`sending`](Self::sending).
    pub(super) fn receiving<R>(&self, act: impl FnOnce(&mut Receiving) -> R) -> R {
        act(&mut lock(&self.receiving))
    }

    pub(super) fn replies<R>(&self, act: impl FnOnce(&mut Replies) -> R) -> R {
        act(&mut lock(&self.replies))
    }

    /// It proves something as long as it is open.
    pub(super) fn holds(&self, proof: Option<Proof>) {
        let held = &mut *lock(&self.proof);
        *held = proof.filter(|_| !self.is_over());
    }

    /// As whom it sends what is sealed: the program's own channel, which may go anywhere.
    pub(super) fn origin(&self) -> Origin {
        Origin::Worker(self.ends.decryptor.clone())
    }

    /// Something has come by this stop.
    pub(super) fn hears(&self, by: Option<&Address>) {
        let heard = &mut *lock(&self.heard);
        heard.at = Instant::now();
        heard.unanswered = None;
        if heard.link.as_ref() != by {
            heard.link = by.cloned();
        }
    }

    /// Something was sent.
    pub(super) fn speaks(&self) {
        lock(&self.heard).unanswered.get_or_insert_with(Instant::now);
    }

    /// Whether the other end may be gone: the link is over that it was heard by, or it has
    /// not answered for long.
    pub(super) fn is_doubtful(&self) -> bool {
        let heard = lock(&self.heard);
        heard.link.is_none() || heard.unanswered.is_some_and(|since| since.elapsed() > SILENCE)
    }

    /// For how long nothing has come.
    pub(super) fn unheard(&self) -> Duration {
        lock(&self.heard).at.elapsed()
    }

    /// Look whether the link still lives that the other end was heard by: those who wait for
    /// answers that were to come by it get none.
    pub(super) fn look_at_link(&self, lives: impl FnOnce(&Address) -> bool) {
        let lost = {
            let heard = &mut *lock(&self.heard);
            heard.link.take_if(|link| !lives(link)).is_some()
        };
        if lost {
            self.lose_replies("the link that the secure channel goes by was lost");
        }
    }

    /// How many changes the other end's history has, as far as it was shown here.
    pub(super) fn changes(&self) -> usize {
        self.receiving(|receiving| receiving.peer().history().changes())
    }

    /// Elsewhere its history has so many changes by now. For how long this end has not shown
    /// them: nothing if it has, or was not known to lack them.
    pub(super) fn is_behind(&self, newest: usize) -> Duration {
        let (own, outdated) = (self.changes(), &mut *lock(&self.outdated));
        let lacks = outdated.map_or(newest, |(_, changes)| changes.max(newest));
        if own >= lacks {
            *outdated = None;
            return Duration::ZERO;
        }
        let (since, _) =
            *outdated.insert(outdated.map_or((Instant::now(), lacks), |(at, _)| (at, lacks)));
        since.elapsed()
    }

    /// Whether the link is gone that the other end was heard by.
    pub(super) fn is_cut_off(&self) -> bool {
        lock(&self.heard).link.is_none()
    }

    /// Whether somebody waits for an answer by it.
    pub(super) fn is_awaited(&self) -> bool {
        !self.is_over() && self.replies(Replies::are_awaited)
    }

    fn lose_replies(&self, why: &str) {
        self.replies(|replies| replies.lose_all(why));
    }

    /// It is over: false if it was so before. Says what the other end is to be told, unless
    /// it was that which closed it.
    pub(super) fn close(&self, why: &str, tell: bool) -> Option<Option<Outgoing>> {
        if self.over.swap(true, Ordering::AcqRel) {
            return None;
        }
        lock(&self.proof).take();
        let close = self.sending(|sending| match tell {
            true => sending.close().ok(),
            false => {
                sending.was_closed();
                None
            }
        });
        self.lose_replies(&format!("the secure channel is closed: {why}"));
        Some(close)
    }

    pub(super) fn describe(&self) -> ChannelStatus {
        let way = self.sending(|sending| sending.way().clone());
        let address = self.ends.encryptor.clone();
        let mut status = self.traffic.status(address, self.identity, self.is_opened(), way);
        status.unheard = self.unheard();
        status
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Channel").field(&self.identity).finish()
    }
}
