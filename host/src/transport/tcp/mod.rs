//! Links to other nodes over TCP, in the words of Ockam's transport, version 1.
//!
//! - `target`: the host and port that a stop names.
//! - `lines`: the links that this node opens, by where they lead and what list allows it.
//! - `dial`: how they are opened, and again.
//! - `listen`: how others open theirs.
//! - `places`: how many there may be.
//! - `connection`: one connection's life.
//! - `read`: from its bytes to the router.
//! - `link`, `writer`: from the router to its bytes; `pace` says when.
//! - `session`: what a connection is known by.
//! - `status`: what people are told.

mod connection;
mod dial;
mod lines;
mod link;
mod listen;
mod pace;
mod places;
mod read;
mod readers;
mod session;
mod status;
mod target;
mod writer;

use std::any::Any;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use skep_protocol::Address;
pub use status::{LinkState, LinkStatus};
use tokio::net::{TcpListener, lookup_host};

use crate::config::{LinkLimits, Network};
use crate::outbox::Core;
use crate::router::{Carrier, Proof, Recipient, SendError, Unreached};
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::transport::gate::Gate;
use crate::transport::switch::Switch;
use crate::transport::tcp::lines::Lines;
use crate::transport::tcp::link::Link;
use crate::transport::tcp::places::{NoPlace, Places};
use crate::transport::tcp::readers::Readers;
use crate::transport::tcp::target::Target;

/// How long links may take to send what waits in them when the node stops.
const PARTING: Duration = Duration::from_millis(500);

/// What all links of a node have in common.
pub(crate) struct Shared {
    me: Weak<Shared>,
    core: Arc<Core>,
    limits: LinkLimits,
    /// Where messages of other nodes may go on to.
    relay: Network,
    runtime: tokio::runtime::Handle,
    lines: Lines,
    places: Places,
    readers: Readers,
    gate: Gate,
    /// Messages of other nodes that were refused, on links that are gone too.
    refused: AtomicU64,
    /// Links that had no place, or none of their host's.
    turned_away: AtomicU64,
    /// Where it listens.
    listening: Mutex<Vec<SocketAddr>>,
    /// No more connections are taken.
    closed: Switch,
    /// The node is over.
    over: Switch,
}

/// Why a node does not listen, or is not connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TcpError {
    /// It is no host and port.
    #[error("`{0}` is no host and port such as 127.0.0.1:4000 or [::1]:4000")]
    NoTarget(String),
    /// It cannot listen there.
    #[error("cannot listen on {place}: {why}")]
    Listen {
        /// Where.
        place: String,
        /// Why not.
        why: String,
    },
    /// There is no connection.
    #[error("{0}")]
    Unreachable(String),
    /// The node has stopped.
    #[error("the node has stopped")]
    Closed,
}

impl Shared {
    /// The links of a node, of which there are none yet.
    pub(crate) fn new(
        core: Arc<Core>,
        limits: LinkLimits,
        relay: Network,
        runtime: tokio::runtime::Handle,
    ) -> Arc<Self> {
        let shared = Arc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            core,
            places: Places::new(&limits),
            limits,
            relay,
            runtime,
            lines: Lines::default(),
            gate: Gate::new(),
            readers: Readers::default(),
            refused: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
            listening: Mutex::default(),
            closed: Switch::new(),
            over: Switch::new(),
        });
        let carrier: Weak<dyn Carrier> = shared.me.clone();
        shared.core.router.set_carrier(carrier);
        shared
    }

    /// Take a host and port to listen at; port 0 is any that is free.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(crate) async fn bind(&self, place: &str) -> Result<TcpListener, TcpError> {
        let failed = |why: std::io::Error| TcpError::Listen {
            place: crate::sanitize::sanitize(place).into_owned(),
            why: why.to_string(),
        };
        if self.closed.is_on() {
            return Err(TcpError::Closed);
        }
        // A port alone is one of this machine's own.
        let port = place.strip_prefix(':').unwrap_or(place);
        let here = port.parse::<u16>().ok().map(|port| format!("127.0.0.1:{port}"));
        let found: Vec<_> =
            lookup_host(here.as_deref().unwrap_or(place)).await.map_err(failed)?.collect();
        TcpListener::bind(&found[..]).await.map_err(failed)
    }

    /// Listen there. Says where that is.
    ///
    /// # Errors
    /// When the system does not know it.
    pub(crate) fn serve(self: &Arc<Self>, listener: TcpListener) -> Result<SocketAddr, TcpError> {
        let failed = |why: std::io::Error| TcpError::Listen {
            place: "a socket".into(),
            why: why.to_string(),
        };
        let address = listener.local_addr().map_err(failed)?;
        if !address.ip().is_loopback() {
            tracing::warn!(
                target: "skep::link",
                "listens on {address}, beyond this machine: links are neither encrypted nor do \
                 they prove who is there, so that whoever reaches it can write to every worker \
                 with access = \"peers\""
            );
        }
        let (most, asked) = (self.places.most(), self.limits.peers);
        if most < asked {
            tracing::warn!(
                target: "skep::link",
                "has {most} links at most, and not {asked} (`peers` under [links] in node.toml): \
                 they leave half of the files to others that this process may have open"
            );
        }
        lock(&self.listening).push(address);
        self.runtime.spawn(listen::serve(self.clone(), listener));
        Ok(address)
    }

    /// Where it listens.
    pub(crate) fn listening(&self) -> Vec<SocketAddr> {
        lock(&self.listening).clone()
    }

    /// Open a link now. Its address is what a route to the other node begins with.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn connect(&self, to: &str) -> Result<Address, TcpError> {
        let target = Target::read(to);
        let target = target.ok_or_else(|| TcpError::NoTarget(crate::sanitize::brief(to.into())))?;
        let link = self.line(target, &Network::everywhere()).map_err(|_| TcpError::Closed)?;
        link.open().await.map_err(TcpError::Unreachable)?;
        Ok(link.address().clone())
    }

    /// Where messages of other nodes may go on to.
    #[cfg(feature = "cli")]
    pub(crate) fn relay_list(&self) -> &Network {
        &self.relay
    }

    /// What would become of a message for a stop beyond this node.
    ///
    /// # Errors
    /// Why it would not leave.
    #[cfg(feature = "cli")]
    pub(crate) fn explain(&self, to: &Address, network: &Network) -> Result<String, String> {
        let target = Target::of(to).map_err(|why| why.to_string())?;
        if !network.names(&target.host, target.port) {
            return Err("it is not on the list: it would be refused".into());
        }
        let address = target.host.parse();
        if address.as_ref().is_ok_and(|address| !network.admits(*address, target.port)) {
            return Err("its address is not public, and not itself on the list".into());
        }
        let leaves = match self.lines.find(&target.stop(), network) {
            Some(link) => describe(&link.describe()),
            None => "a link would be opened".into(),
        };
        Ok(match address.is_ok() || network.is_everywhere() {
            true => leaves,
            false => {
                format!("{leaves}; its address is looked up, and has to be public or on the list")
            }
        })
    }

    /// All links, those that are not connected just now included.
    pub(crate) fn links(&self) -> Vec<LinkStatus> {
        let mut all = self.lines.all();
        all.extend(self.places.all().into_iter().filter(|link| link.opened.is_none()));
        let mut all: Vec<_> = all.iter().map(|link| link.describe()).collect();
        all.sort_by(|a, b| b.is_opened.cmp(&a.is_opened).then_with(|| a.address.cmp(&b.address)));
        all
    }

    /// How many messages of other nodes were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many links were refused since there was no place for them, or none for their host.
    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// There is no place for one that comes from there.
    fn turn_away(&self, from: SocketAddr, why: NoPlace) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        self.gate.warn(|| format!("refused a link of {from}: {why}"));
    }

    /// Take no more connections.
    pub(crate) fn stop_listening(&self) {
        self.closed.turn_on();
        lock(&self.listening).clear();
    }

    /// End all links once what waits in them has left, or a while later.
    pub(crate) async fn part(&self) {
        self.stop_listening();
        let all = self.places.all();
        let deadline = tokio::time::Instant::now() + PARTING;
        let left = async {
            while all.iter().any(|link| link.session().is_some() && !link.is_quiet()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let _ = tokio::time::timeout_at(deadline, left).await;
        self.shut_down();
    }

    /// End all links at once.
    pub(crate) fn shut_down(&self) {
        self.stop_listening();
        self.over.turn_on();
        for link in self.places.all() {
            link.kill("the node stops");
        }
        for link in self.lines.clear() {
            link.close("the node stops");
        }
    }

    fn is_over(&self) -> bool {
        self.over.is_on()
    }

    fn line(&self, target: Target, network: &Network) -> Result<Arc<Link>, SendError> {
        let shared = self.me.upgrade().filter(|shared| !shared.is_over());
        let shared = shared.ok_or(SendError::Closed)?;
        self.lines.find_or_make(&shared, target, network)
    }
}

/// What is known of the link that a message would leave by.
#[cfg(feature = "cli")]
fn describe(link: &LinkStatus) -> String {
    let why = link.last_failure.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    match link.state {
        LinkState::Up => "it would leave by a link that is up".into(),
        LinkState::Connecting => format!("it would wait for its link, which is tried again{why}"),
        LinkState::Down => format!("its link would be opened anew{why}"),
    }
}

/// Somebody proves who it is by a secure channel along this link: whom this node trusts by name,
/// so that not everybody can.
pub(crate) fn proves(link: &dyn Recipient) -> Option<Proof> {
    let link: &dyn Any = link;
    link.downcast_ref::<Link>()?.proves()
}

impl Carrier for Shared {
    fn reach(&self, to: &Address, network: &Network) -> Result<Arc<dyn Recipient>, Unreached> {
        // What was allowed once by the same list is so still.
        if let Some(link) = self.lines.find(to, network) {
            return Ok(link);
        }
        let target = Target::of(to)?;
        if !network.names(&target.host, target.port) {
            return Err(Unreached::Unlisted);
        }
        Ok(self.line(target, network)?)
    }

    fn relay(&self) -> &Network {
        &self.relay
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shared").finish_non_exhaustive()
    }
}
