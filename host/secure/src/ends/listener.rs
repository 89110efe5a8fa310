//! R's ends, until the third message comes: as many as there may be, and for so long.
//!
//! Thirty-two bytes from anybody make R compute three secrets and keep a state. So each
//! source has a bound, and is refused beyond it at no cost. All together have one, too; when
//! it is reached, the group of sources that has most of them loses the oldest of its greediest
//! one: so a flood from many sources of a group costs other groups nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use skep_protocol::{Address, Route};

use super::{Ends, Open, Outgoing};
use crate::handshake::{HandshakeError, Responder};
use crate::identity::Identity;
use crate::presented::Judge;
use crate::seed::Seed;
use crate::way::Way;

/// How many handshakes may be half open, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From one source.
    pub of_source: usize,
    /// In all.
    pub in_all: usize,
    /// How long each may be.
    pub patience: Duration,
}

impl Default for Limits {
    /// 16 from one source, 256 in all, 10 seconds each.
    fn default() -> Self {
        Self { of_source: 16, in_all: 256, patience: Duration::from_secs(10) }
    }
}

/// R's ends that are half open. `S` is what a message comes from: a connection, say.
#[derive(Debug)]
pub struct Listener<S> {
    limits: Limits,
    /// In the order in which they began, and so end.
    half_open: Vec<HalfOpen<S>>,
}

#[derive(Debug)]
struct HalfOpen<S> {
    responder: Responder,
    ends: Ends,
    source: S,
    group: S,
    ends_at: Duration,
}

/// The first message of somebody, and what a new end is made of.
#[derive(Debug)]
pub struct Asking<'a, S> {
    /// What it comes from.
    pub source: S,
    /// What that counts with where room has to be made: its host, say; the source itself, if
    /// it stands for nobody else.
    pub group: S,
    /// Its return route.
    pub back: Route,
    /// Its payload.
    pub message1: &'a [u8],
    /// For the addresses of the new end.
    pub ends: Ends,
    /// For its key.
    pub ephemeral: Seed,
}

/// A new end that is half open.
#[derive(Debug)]
pub struct Asked {
    /// Its addresses: the third message arrives at its decryptor.
    pub ends: Ends,
    /// The second message, which has to be sent.
    pub message2: Outgoing,
    /// The end that has lost its place: its addresses are no longer any.
    pub gone: Option<Ends>,
}

/// Why a first message has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Its source has as many half-open handshakes as it may have.
    #[error("too many handshakes of one source are half open")]
    Source,
    /// It is refused.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

/// Why a third message does not open a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// No handshake waits for it: it was too late, or never began.
    #[error("no handshake waits for this message")]
    Unknown,
    /// It is refused.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

impl<S: Clone + Eq + Hash> Listener<S> {
    /// A listener with these limits. With a limit of 0 it listens to nobody.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, half_open: Vec::new() }
    }

    /// How many handshakes are half open.
    #[must_use]
    pub fn half_open(&self) -> usize {
        self.half_open.len()
    }

    /// Takes a first message, at the time `now` in seconds since 1970 and `at` of a clock
    /// that is never put back.
    ///
    /// # Errors
    /// When there is no place for it, or it is refused.
    pub fn ask(
        &mut self,
        identity: &Identity,
        asking: Asking<'_, S>,
        now: u64,
        at: Duration,
    ) -> Result<Asked, AskError> {
        let Asking { source, group, back, message1, ends, ephemeral } = asking;
        let of_source = self.half_open.iter().filter(|it| it.source == source).count();
        if of_source >= self.limits.of_source || self.limits.in_all == 0 {
            return Err(AskError::Source);
        }
        let (responder, payload) = Responder::start(identity, ephemeral, message1, now)?;
        let gone = self.make_room();
        let message2 = Outgoing { onward: back, back: Route::from(&ends.decryptor), payload };
        let ends_at = at.saturating_add(self.limits.patience);
        self.half_open.push(HalfOpen { responder, ends: ends.clone(), source, group, ends_at });
        Ok(Asked { ends, message2, gone })
    }

    /// Takes from the group that has most, and of that from the source that has most.
    fn make_room(&mut self) -> Option<Ends> {
        if !self.is_full() {
            return None;
        }
        let group = most(self.half_open.iter().map(|it| &it.group))?;
        let of_group = self.half_open.iter().filter(|it| it.group == *group);
        let source = most(of_group.map(|it| &it.source))?;
        let is_its = |it: &HalfOpen<S>| it.group == *group && it.source == *source;
        let oldest = self.half_open.iter().position(is_its)?;
        Some(self.half_open.remove(oldest).ends)
    }

    /// Whether one more would cost another its place.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.half_open.len() >= self.limits.in_all
    }

    /// Takes what has come to a decryptor of a half-open end, with its return route: the
    /// third message, or the end of the handshake.
    ///
    /// # Errors
    /// When no handshake waits for it, or the message or the peer is refused. The decryptor is
    /// no longer an address then.
    pub fn answer(
        &mut self,
        decryptor: &Address,
        back: Route,
        message3: &[u8],
        judge: Judge<'_>,
    ) -> Result<Open, AnswerError> {
        let waits = self.half_open.iter().position(|it| it.ends.decryptor == *decryptor);
        let index = waits.ok_or(AnswerError::Unknown)?;
        let HalfOpen { responder, ends, .. } = self.half_open.remove(index);
        let established = responder.finish(message3, judge)?;
        Ok(Open::new(ends, established, Way::of_responder(back)))
    }

    /// Ends those that have been half open for too long at the time `at`: their addresses are
    /// no longer any.
    pub fn expire(&mut self, at: Duration) -> Vec<Ends> {
        let late = self.half_open.iter().take_while(|it| it.ends_at <= at).count();
        self.half_open.drain(..late).map(|it| it.ends).collect()
    }

    /// When the next one has been half open for too long.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Duration> {
        self.half_open.first().map(|it| it.ends_at)
    }

    /// Ends those whose sources are gone.
    pub fn retain(&mut self, lives: impl Fn(&S) -> bool) -> Vec<Ends> {
        self.half_open.extract_if(.., |it| !lives(&it.source)).map(|it| it.ends).collect()
    }
}

/// Which of these comes most often; of several the one that comes first.
fn most<'a, S: Eq + Hash>(all: impl Iterator<Item = &'a S> + Clone) -> Option<&'a S> {
    let mut counts = HashMap::<&S, usize>::new();
    for it in all.clone() {
        *counts.entry(it).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    all.into_iter().find(|it| counts.get(it) == Some(&most))
}
