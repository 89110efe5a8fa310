//! A message leaves this node, or does not: by a link, or through a secure channel.

use std::borrow::Cow;

use skep_protocol::{Address, Route};

use crate::router::{Message, Origin, Peer, RequestError, Router};
use crate::transport::gate::Gate;
use crate::transport::names::{CHANNEL, LINK, REPLY};

/// What a requester is told whose message has left, and shows no way back to it.
pub(super) const LEFT: &str = "it left this node without a way back";

/// Why a message does not leave whose route ends too early.
pub(crate) const NOBODY_BEHIND: &str =
    "its route ends at the way to another node, with nobody behind it";

/// Why a message need not leave.
pub(super) fn hindrance(message: &Message) -> Option<&'static str> {
    if message.onward.is_empty() {
        return Some(NOBODY_BEHIND);
    }
    message.is_expired().then_some("nobody waits for its answer any more")
}

/// Where it goes once it has left.
pub(super) fn onward(message: &Message) -> Cow<'_, Route> {
    match &message.onward.end {
        None => Cow::Borrowed(&message.onward.stops),
        Some(_) => Cow::Owned(message.onward.to_route()),
    }
}

/// It has left. Whoever waits for an answer and has shown no way back waits in vain.
pub(super) fn has_left(message: &mut Message) {
    if let Some(token) = message.token.take() {
        token.lose(RequestError::Dropped(LEFT.into()));
    }
}

/// Ways that other nodes open have one share of the dead letters together: who opens many
/// would otherwise push out this node's own.
pub(super) fn share_of_others() -> Address {
    Address::local(b"_others")
}

/// It will not leave. Who waits for its answer is told; otherwise it becomes a dead letter of
/// this share, unless it is another node's: those would push out this node's own.
pub(super) fn lose(mut message: Message, share: &Address, router: &Router, gate: &Gate, why: &str) {
    if matches!(message.origin, Origin::Peer(_)) {
        return gate.warn(|| format!("to {}, from {}: {why}", message.recipient, message.origin));
    }
    let told = RequestError::Dropped(why.into());
    match message.token.take() {
        Some(token) => token.lose(told),
        None => router.bury_telling(message, share, why, told),
    }
}

/// A peer is shown this way back: whoever of this node is on it may be answered. Who takes its
/// messages anyway is not noted, so that taking back that `access` counts at once.
pub(super) fn show(peer: &Peer, router: &Router, back: &Route) {
    let is_exposed = |stop| router.find(stop).is_some_and(|to| to.admits(peer.identity()));
    for stop in back.iter().take_while(|stop| stop.is_local()) {
        // Answers to requests have a table of their own.
        if !begins_with(stop, REPLY) && !peer.is_awaited_at(stop) && !is_exposed(stop) {
            peer.await_at(stop, |name| router.find(name).is_some());
        }
        if ends_here(stop) {
            break;
        }
    }
}

/// Whether a stop of a return route is a name that this node has made for a link, a channel
/// or an answer: those behind it are somebody else's.
fn ends_here(stop: &Address) -> bool {
    [LINK, CHANNEL, REPLY].into_iter().any(|mark| begins_with(stop, mark))
}

fn begins_with(stop: &Address, mark: &[u8; 2]) -> bool {
    stop.bytes().starts_with(mark)
}
