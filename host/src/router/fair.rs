//! What one sender may take of a mailbox that is nearly full: not more than half. So
//! whoever floods a worker leaves room for the others who write to it.

use crate::config::{Limit, Overflow};
use crate::mailbox::Weigh;
use crate::router::message::Origin;
use crate::router::recipient::{Recipient, SendError};
use crate::sync::Ordering;

/// In a mailbox of fewer places a share would be one message or none.
const FEW: usize = 16;

/// The program around the node, which is not bound: the workers are its own.
const PROGRAM: &[u8] = b"app";

/// Check that a sender has not half of a mailbox already of which three quarters are taken.
/// Before that nothing is counted: it costs a look at all that is queued. Whoever has too
/// much is not counted again before so many messages have left that it may have less.
///
/// # Errors
/// That the mailbox is full, for this sender.
pub(super) fn check(to: &dyn Recipient, origin: &Origin) -> Result<(), SendError> {
    let (used, most) = (to.mailbox().usage(), to.mailbox().capacity());
    let is_short = used.0 >= most.messages - most.messages / 4;
    let is_heavy = used.1 >= most.bytes - most.bytes / 4;
    if !(is_short || is_heavy) || most.messages < FEW || is_program(origin) {
        return Ok(());
    }
    if to.overflow() != Overflow::Refuse {
        return Ok(());
    }
    let stats = to.stats();
    let left = stats.handled.load(Ordering::Relaxed) + stats.failed.load(Ordering::Relaxed);
    if stats.flood.is(origin, left) {
        stats.reach(if is_short { Limit::MailboxMessages } else { Limit::MailboxBytes });
        return Err(SendError::MailboxFull(to.address().clone()));
    }
    let (mut messages, mut bytes) = (0, 0);
    to.mailbox().look(|message| {
        if is_same(&message.origin, origin) {
            messages += 1;
            bytes += message.weight();
        }
    });
    let limit = match (is_short && messages >= most.messages / 2, bytes >= most.bytes / 2) {
        (true, _) => Limit::MailboxMessages,
        (_, true) if is_heavy => Limit::MailboxBytes,
        _ => return Ok(()),
    };
    if limit == Limit::MailboxMessages {
        stats.flood.note(origin, left + (messages - most.messages / 2) as u64);
    }
    stats.reach(limit);
    Err(SendError::MailboxFull(to.address().clone()))
}

fn is_program(origin: &Origin) -> bool {
    matches!(origin, Origin::Worker(address) if address.is_local() && address.bytes() == PROGRAM)
}

/// Whether two messages are of one sender. Nodes of one host that have proved nothing are one:
/// whoever opens many links would otherwise be many.
pub(super) fn is_same(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::Peer(a), Origin::Peer(b)) if a.is_stranger() && b.is_stranger() => {
            a.host() == b.host()
        }
        (Origin::Peer(a), Origin::Peer(b)) => match (a.identity(), b.identity()) {
            (None, None) => a == b,
            (one, other) => one == other,
        },
        (one, other) => one == other,
    }
}

#[cfg(all(test, feature = "tcp"))]
mod tests {
    use skep_protocol::Address;

    use super::*;
    use crate::router::Peer;

    #[test]
    fn who_has_proved_something_is_no_other_of_its_host() {
        let peer = |port: &str| Peer::new(Address::local(b"_l"), Address::from(port));
        let [one, other, far] = ["1#h:1", "1#h:2", "1#i:1"].map(peer);
        let same = |a: &Peer, b: &Peer| is_same(&Origin::Peer(a.clone()), &Origin::Peer(b.clone()));
        assert!(same(&one, &other) && !same(&one, &far));
        let proof = one.proves();
        assert!(!same(&one, &other) && !same(&other, &one) && same(&one, &one));
        drop(proof);
        assert!(same(&one, &other), "that is over");
    }
}
