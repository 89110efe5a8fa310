//! Who may write where. A message's origin decides, at each of its stops.

use std::sync::{Arc, Weak};

use skep_protocol::Address;

use crate::config::Network;
use crate::router::message::Origin;
use crate::router::recipient::{Recipient, SendError};
use crate::router::table::Router;

/// Carries messages to other nodes.
pub(crate) trait Carrier: Send + Sync {
    /// Whoever takes messages for a stop beyond this node, if the list has it.
    ///
    /// # Errors
    /// When it is not on the list, is no host and port, or there are too many links.
    fn reach(&self, to: &Address, network: &Network) -> Result<Arc<dyn Recipient>, Unreached>;

    /// Where messages of other nodes may go on to.
    fn relay(&self) -> &Network;
}

/// Why nobody takes messages for a stop beyond this node.
#[derive(Debug)]
pub(crate) enum Unreached {
    /// It is not on the list.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links have lists"))]
    Unlisted,
    /// Something else.
    Failed(SendError),
}

impl From<SendError> for Unreached {
    fn from(why: SendError) -> Self {
        Self::Failed(why)
    }
}

impl Router {
    /// Who carries messages to other nodes; said once.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links carry them"))]
    pub(crate) fn set_carrier(&self, carrier: Weak<dyn Carrier>) {
        let _ = self.carrier.set(carrier);
    }

    /// Whether a message of this origin may come to the recipient of this name.
    ///
    /// # Errors
    /// That it may not.
    pub(crate) fn admit(
        to: &dyn Recipient,
        name: &Address,
        origin: &Origin,
    ) -> Result<(), SendError> {
        match origin {
            Origin::Peer(peer) if !to.admits(peer.identity()) => {
                if peer.is_awaited_at(name) {
                    return Ok(());
                }
                let who = peer.identity().map_or("other nodes".to_owned(), ToString::to_string);
                Err(SendError::Denied(format!(
                    "`{name}` takes no messages from {who} (its `access`)"
                )))
            }
            Origin::Worker(worker) => match to.refuses(worker) {
                Some(why) => Err(SendError::Denied(why)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Whoever takes messages of this origin for a stop beyond this node.
    ///
    /// # Errors
    /// As [`Carrier::reach`], and when nothing carries there.
    pub(super) fn beyond(
        &self,
        to: &Address,
        origin: &Origin,
    ) -> Result<Arc<dyn Recipient>, SendError> {
        let carrier = self.carrier.get().and_then(Weak::upgrade);
        let carrier = carrier.ok_or_else(|| SendError::NoRoute(to.clone()))?;
        let said = |why, list: &dyn Fn() -> String| match why {
            Unreached::Unlisted => {
                SendError::Denied(format!("`{to}` is not on the list {}", list()))
            }
            Unreached::Failed(why) => why,
        };
        match origin {
            Origin::Peer(_) => {
                let list = || "`relay` of this node".to_owned();
                carrier.reach(to, carrier.relay()).map_err(|why| said(why, &list))
            }
            Origin::Worker(worker) => {
                let network = self.find(worker).map(|worker| worker.network()).unwrap_or_default();
                let list = || format!("`network` of `{worker}`");
                carrier.reach(to, &network).map_err(|why| said(why, &list))
            }
            // What the node has to tell, it tells its own workers.
            Origin::Node(_) => Err(SendError::NoRoute(to.clone())),
        }
    }

    /// Whether a worker may choose these stops: the first that leads beyond this node has to
    /// be on its own list, whosever message it is that it sends there.
    ///
    /// # Errors
    /// That it may not.
    pub(crate) fn may_choose(
        &self,
        via: &skep_protocol::Route,
        worker: &dyn Recipient,
    ) -> Result<(), SendError> {
        match via.iter().find(|stop| !stop.is_local()) {
            Some(stop) => self.beyond(stop, &Origin::Worker(worker.address().clone())).map(drop),
            None => Ok(()),
        }
    }
}
