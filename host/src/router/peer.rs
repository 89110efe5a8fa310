//! Another node at the end of a link or of a secure channel, as the origin of messages.

use std::collections::HashSet;
use std::sync::Arc;

use skep_protocol::{Address, Identifier};

use crate::router::host::Host;
use crate::sync::{AtomicUsize, Mutex, Ordering, lock};

/// Names that are kept before it is looked which of them there still are.
const FIRST_LOOK: usize = 256;

/// Another node: at the end of one connection, which proves nothing about it; or at the end
/// of one secure channel, with the identity that it has proved.
///
/// It may write to whoever is exposed to it, and answer whoever wrote to it: not longer than
/// its connection or its channel lives.
#[derive(Clone)]
pub struct Peer(Arc<Known>);

struct Known {
    /// The own address of the link, or of the channel: random, so that only who was shown it
    /// can use it.
    link: Address,
    /// Where it is.
    at: Address,
    /// The host of that.
    host: Host,
    /// What it has proved.
    identity: Option<Identifier>,
    /// How many prove through its link just now who they are.
    proofs: AtomicUsize,
    /// Where its answers may go: the stops of return routes that it was shown.
    awaited: Mutex<Awaited>,
}

struct Awaited {
    names: HashSet<Address, foldhash::fast::RandomState>,
    /// With so many names it is time to look.
    look: usize,
}

impl Peer {
    /// The node at the end of a link that begins.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links make them"))]
    pub(crate) fn new(link: Address, at: Address) -> Self {
        Self::known(link, at, None)
    }

    /// The node at the end of a secure channel that begins, which this address leads through.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "channels make them"))]
    pub(crate) fn proved(channel: Address, identity: Identifier) -> Self {
        Self::known(channel.clone(), channel, Some(identity))
    }

    fn known(link: Address, at: Address, identity: Option<Identifier>) -> Self {
        let awaited = Mutex::new(Awaited { names: HashSet::default(), look: FIRST_LOOK });
        let host = Host::of(&at);
        Self(Arc::new(Known { link, at, host, identity, proofs: AtomicUsize::new(0), awaited }))
    }

    /// The identity that it has proved in a secure channel: none at the end of a mere link.
    #[must_use]
    pub fn identity(&self) -> Option<&Identifier> {
        self.0.identity.as_ref()
    }

    /// Somebody has proved through its link who it is: while that holds it is more than one of
    /// its host's.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links say so"))]
    pub(crate) fn proves(&self) -> Proof {
        self.0.proofs.fetch_add(1, Ordering::Relaxed);
        Proof(self.clone())
    }

    /// Whether it may pass for any other of its host.
    pub(crate) fn is_stranger(&self) -> bool {
        self.identity().is_none() && self.0.proofs.load(Ordering::Relaxed) == 0
    }

    /// Where it is, as a stop of a route is written: `1#127.0.0.1:4000`. If it has made the
    /// connection, this is the port that it did so from. At the end of a secure channel, this
    /// is the address of the channel, which leads there by whatever way.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.at
    }

    /// Whom it may pass for as long as it has proved nothing.
    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    /// The stop that leads back to it, while its connection or its channel lives.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links ask"))]
    pub(crate) fn link(&self) -> &Address {
        &self.0.link
    }

    /// It was shown this stop of a return route. `lives` says which names there still are:
    /// now and then the others are forgotten.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links show them"))]
    pub(crate) fn await_at(&self, name: &Address, lives: impl Fn(&Address) -> bool) {
        let awaited = &mut *lock(&self.0.awaited);
        if awaited.names.contains(name) {
            return;
        }
        if awaited.names.len() >= awaited.look {
            awaited.names.retain(lives);
            awaited.look = FIRST_LOOK.max(2 * awaited.names.len());
        }
        awaited.names.insert(name.clone());
    }

    /// Whether its answers may go there.
    pub(crate) fn is_awaited_at(&self, name: &Address) -> bool {
        lock(&self.0.awaited).names.contains(name)
    }
}

/// That somebody has proved through a link who it is: until this is dropped.
#[derive(Debug)]
pub(crate) struct Proof(Peer);

impl Drop for Proof {
    fn drop(&mut self) {
        self.0.0.proofs.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One connection's is no other's, though both come from one machine.
impl PartialEq for Peer {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Peer {}

/// Who it is as far as that is proved, and otherwise where it is.
impl std::fmt::Display for Peer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.identity() {
            Some(identity) => identity.fmt(out),
            None => self.address().fmt(out),
        }
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Peer").field(&self.to_string()).finish()
    }
}
