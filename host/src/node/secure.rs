//! The node's identity and its secure channels, as the embedding program uses them.

use skep_protocol::{Address, Identifier, Route};
use skep_secure::Trust;

use crate::config::Trusted;
use crate::node::Node;
use crate::node::registry::{Registry, worker_address};
use crate::transport::secure::{ChannelStatus, SecureError};

/// An open secure channel: see [`Node::secure_channel`].
///
/// It stays open when this is dropped, until somebody closes it.
#[derive(Clone, Debug)]
pub struct SecureChannel {
    node: Node,
    address: Address,
    peer: Identifier,
}

impl SecureChannel {
    /// Where to send: what is left of a route after this address goes on from the other end.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Identifier {
        &self.peer
    }

    /// Close it, and tell the other end so: false if it was closed before.
    #[expect(clippy::must_use_candidate, reason = "one need not know")]
    pub fn close(&self) -> bool {
        self.node.registry.channels.close_at(&self.address)
    }
}

impl Node {
    /// Who this node is in secure channels.
    ///
    /// # Errors
    /// When its identity cannot be read or made.
    pub fn identifier(&self) -> Result<Identifier, SecureError> {
        self.registry.channels.keys().current().map(|identity| identity.identifier())
    }

    /// Open a secure channel: to the listener at the end of a route, whose node has to be one
    /// of those that are trusted. It is Ockam's, so the other end may be an Ockam node.
    ///
    /// What is sent to [its address](SecureChannel::address) travels encrypted, and goes on
    /// from the other end: no node between can read or change it, and each end knows who the
    /// other is. It outlives a connection that this node has opened.
    ///
    /// # Errors
    /// Why there is none, after 10 s at most.
    pub async fn secure_channel(
        &self,
        route: impl Into<Route>,
        trust: Trust,
    ) -> Result<SecureChannel, SecureError> {
        let (address, peer) = self.registry.channels.open(route.into(), trust).await?;
        Ok(SecureChannel { node: self.clone(), address, peer })
    }

    /// Let those who are trusted open secure channels to this node, at this address, which
    /// every other node may write to.
    ///
    /// # Errors
    /// When the address is another's or no name that a worker could have, or this node has no
    /// identity.
    pub async fn secure_channel_listener(
        &self,
        name: &str,
        trust: Trust,
    ) -> Result<Address, SecureError> {
        let address = worker_address(name).map_err(|_| SecureError::Address(name.into()))?;
        let channels = &self.registry.channels;
        channels.check_identity().await?;
        channels.listen(address.clone(), trust, false)?;
        Ok(address)
    }

    /// Its secure channels, those that it opens itself first. Of those that `node.toml` names,
    /// the ones that are not open are there, too: see [`ChannelStatus::state`].
    pub fn secure_channels(&self) -> Vec<ChannelStatus> {
        self.registry.channels.channels()
    }

    /// How many handshakes and sealed messages were refused since the node started.
    pub fn secure_refused(&self) -> u64 {
        self.registry.channels.refused()
    }
}

impl Registry {
    /// Listen for channels and name those that the settings say.
    pub(super) async fn secure(&self) -> Result<(), SecureError> {
        let config = self.settings.now();
        let listener = config.secure_listener().map(|name| name.as_str().into());
        if listener.is_some() || config.channels().next().is_some() {
            self.channels.check_identity().await?;
        }
        if let Some(address) = listener {
            self.channels.listen(address, trust_of(config.trust()), true)?;
        }
        for (name, channel) in config.channels() {
            let (route, expected) = (channel.route.clone(), channel.identity);
            self.channels.name(name.as_str().into(), route, expected, channel.workers())?;
        }
        Ok(())
    }
}

/// Whom the settings trust.
pub(super) fn trust_of(trusted: &Trusted) -> Trust {
    match trusted {
        Trusted::Only(identities) => Trust::only(identities.iter().copied()),
        Trusted::Everyone => Trust::everyone(),
    }
}
