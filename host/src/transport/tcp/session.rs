//! One connection, from its greeting to its end.

use std::sync::atomic::AtomicBool;

use skep_protocol::Address;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;

use crate::router::{Message, Peer, Token};
use crate::sync::{Mutex, Ordering, lock};
use crate::transport::replies::{NoRandomness, Replies, Reply};

/// One connection of a link.
pub(super) struct Session {
    /// The node at its other end.
    pub(super) peer: Peer,
    pub(super) socket: OwnedWriteHalf,
    replies: Mutex<Replies>,
    /// The other side says now and then that it lives, so that its silence means something.
    pub(super) beats: AtomicBool,
    /// Nothing has happened for long: what is kept for haste can go.
    resting: AtomicBool,
    /// Why it is to end.
    ending: Mutex<Option<String>>,
    ended: Notify,
}

impl Session {
    pub(super) fn new(peer: Peer, socket: OwnedWriteHalf) -> Self {
        Self {
            peer,
            socket,
            replies: Mutex::new(Replies::new()),
            beats: AtomicBool::new(false),
            resting: AtomicBool::new(false),
            ending: Mutex::new(None),
            ended: Notify::new(),
        }
    }

    /// A message leaves; see [`Replies::expect`].
    ///
    /// # Errors
    /// As there.
    pub(super) fn expect(&self, message: &mut Message) -> Result<(), NoRandomness> {
        lock(&self.replies).expect(message)
    }

    /// It stays after all; see [`Replies::withdraw`].
    pub(super) fn withdraw(&self, message: &mut Message) {
        lock(&self.replies).withdraw(message);
    }

    /// The request that this name stands for.
    pub(super) fn answered(&self, name: &Address) -> Option<Reply> {
        lock(&self.replies).take(name)
    }

    /// Whoever waits for this is told when the connection is over; see [`Replies::follow`].
    pub(super) fn follow(&self, token: Token) {
        lock(&self.replies).follow(token);
    }

    /// Those who wait for answers get none.
    pub(super) fn lose_replies(&self, why: &str) {
        lock(&self.replies).lose_all(why);
    }

    /// The other side has shown that it beats.
    pub(super) fn has_beaten(&self) {
        self.beats.store(true, Ordering::Relaxed);
    }

    /// Nothing has happened for long.
    pub(super) fn rest(&self) {
        self.resting.store(true, Ordering::Relaxed);
    }

    /// Whether nothing has happened for long; said once.
    pub(super) fn rests(&self) -> bool {
        self.resting.load(Ordering::Relaxed) && self.resting.swap(false, Ordering::Relaxed)
    }

    /// Have it end. The first reason counts.
    pub(super) fn end(&self, why: impl Into<String>) {
        lock(&self.ending).get_or_insert_with(|| why.into());
        self.ended.notify_one();
    }

    /// Wait until it is to end; says why.
    pub(super) async fn ending(&self) -> String {
        loop {
            if let Some(why) = lock(&self.ending).clone() {
                return why;
            }
            self.ended.notified().await;
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session").field("peer", &self.peer).finish_non_exhaustive()
    }
}
