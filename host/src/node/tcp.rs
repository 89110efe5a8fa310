//! The node's links to other nodes, as the embedding program uses them.

use std::net::SocketAddr;
use std::sync::Arc;

use skep_protocol::Address;

use crate::node::registry::Registry;
use crate::transport::tcp::{LinkStatus, TcpError};

/// Links to other nodes over TCP, in the words of Ockam's transport: see [`Node::tcp`].
///
/// A link is neither encrypted nor does it prove who is at its other end. What comes by it
/// reaches workers with [`Access::Peers`], and whoever waits for an answer to what this node
/// has sent there.
///
/// [`Node::tcp`]: crate::Node::tcp
/// [`Access::Peers`]: crate::Access::Peers
#[derive(Clone, Debug)]
pub struct Tcp {
    registry: Arc<Registry>,
}

impl Tcp {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    /// Let other nodes open links to this one, at a host and port such as
    /// `127.0.0.1:4000`; port 0 is any that is free. Says where it listens.
    ///
    /// # Errors
    /// Why it cannot listen there.
    pub async fn listen(&self, place: &str) -> Result<SocketAddr, TcpError> {
        let links = &self.registry.links;
        let bound = links.bind(place).await?;
        links.serve(bound)
    }

    /// Open a link to another node now. A route to there begins with its address, which
    /// stays the same when the link has to be opened again. It need not be opened before: a
    /// route may begin with `1#host:port` as well.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connect(&self, to: &str) -> Result<Address, TcpError> {
        self.registry.links.connect(to).await
    }

    /// Where this node listens.
    pub fn listening(&self) -> Vec<SocketAddr> {
        self.registry.links.listening()
    }

    /// How many messages of other nodes were refused since the node started, on links that
    /// are gone too.
    pub fn refused(&self) -> u64 {
        self.registry.links.refused()
    }

    /// How many links were refused since the node started, as there was no place for them, or
    /// none for their host: `[links]` in `node.toml` says how many there may be.
    pub fn turned_away(&self) -> u64 {
        self.registry.links.turned_away()
    }

    /// Its links, those that it has opened first.
    pub fn links(&self) -> Vec<LinkStatus> {
        self.registry.links.links()
    }
}

impl Registry {
    /// Take the places where the node is to listen.
    pub(super) async fn bind(&self) -> Result<Vec<tokio::net::TcpListener>, TcpError> {
        let mut bound = Vec::new();
        for place in self.settings.now().listen() {
            bound.push(self.links.bind(place).await?);
        }
        Ok(bound)
    }

    /// Listen there.
    pub(super) fn serve(&self, bound: Vec<tokio::net::TcpListener>) -> Result<(), TcpError> {
        bound.into_iter().try_for_each(|listener| self.links.serve(listener).map(drop))
    }
}
