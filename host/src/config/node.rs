//! The node's own settings: `node.toml`.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use serde::Deserialize;
use skep_protocol::route::MAX_HOPS;

#[cfg(feature = "tcp")]
use crate::config::LinkLimits;
use crate::config::Network;
use crate::config::asked::lifeless;
use crate::config::ceiling::Ceiling;
use crate::config::error::{ConfigError, parse};
use crate::config::links::AskedLinks;
use crate::config::manifest::{Manifest, hosts};
use crate::config::name::WorkerName;
use crate::config::quantity::{Size, Time};
use crate::config::secure::{AskedSecure, NamedChannel, Trusted, circle};

/// The settings of a node. [`NodeConfig::default`] is what an empty file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeConfig {
    node: Node,
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "there are none"))]
    links: AskedLinks,
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "there are none"))]
    secure: AskedSecure,
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "there are none"))]
    channels: BTreeMap<WorkerName, NamedChannel>,
    pub(super) ceiling: Ceiling,
    workers: BTreeMap<WorkerName, Manifest>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the tables [node], [links], [secure], [channels.NAME], [ceiling] and [workers.NAME]"
)]
struct NodeFile {
    #[serde(default)]
    node: Node,
    #[serde(default)]
    links: AskedLinks,
    #[serde(default)]
    secure: AskedSecure,
    #[serde(default)]
    channels: BTreeMap<WorkerName, NamedChannel>,
    #[serde(default)]
    ceiling: Ceiling,
    #[serde(default)]
    workers: BTreeMap<WorkerName, Manifest>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table: the settings of the node")]
struct Node {
    drain: Option<Time>,
    threads: Option<NonZeroU16>,
    memory: Option<Size>,
    cache: Option<Size>,
    component: Option<Size>,
    compile: Option<Time>,
    hops: Option<usize>,
    /// Where links are listened for.
    listen: Vec<String>,
    /// Hosts and ports that messages from other nodes may go on to.
    #[serde(deserialize_with = "hosts")]
    relay: Network,
    instances: Option<NonZeroU32>,
}

/// The most bytes of a component's file, unless it is said: what is beyond is not read.
const COMPONENT: u64 = 32 << 20;
/// How long a component may take to compile, unless it is said.
const COMPILE: Duration = Duration::from_secs(60);

/// Whether it says where to listen: a host and a port.
fn is_place(text: &str) -> bool {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    port.is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// What is wrong with channels that lead through each other.
fn circle_problem(circle: &[&WorkerName]) -> String {
    let all: Vec<_> = circle.iter().chain(circle.first()).map(|name| format!("`{name}`")).collect();
    let way = all.join(" through ");
    format!(
        "`channels` go round, so that nothing could leave by them: {way}; the `route` of one has \
         to lead to another node without the others, such as \"1#HOST:PORT,secure\""
    )
}

impl NodeConfig {
    /// Reads the text of a `node.toml`. `file` is what errors call it.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let NodeFile { node, links, secure, channels, ceiling, workers } = parse(text, file)?;
        if let Some(key) = lifeless(&ceiling.limits()) {
            let problem = format!("with `ceiling.limits.{key}` 0 no worker can handle a message");
            return Err(ConfigError::Value { file: file.to_owned(), problem });
        }
        if node.hops.is_some_and(|hops| !(1..=MAX_HOPS).contains(&hops)) {
            let problem = format!("`node.hops` is from 1 to {MAX_HOPS}");
            return Err(ConfigError::Value { file: file.to_owned(), problem });
        }
        if let Some(place) = node.listen.iter().find(|place| !is_place(place)) {
            let problem = format!(
                "`node.listen`: `{place}` is no host and port such as 127.0.0.1:4000 or [::1]:4000"
            );
            return Err(ConfigError::Value { file: file.to_owned(), problem });
        }
        if let Some(key) = links.lifeless() {
            let problem = format!("with `links.{key}` 0 no link can carry a message");
            return Err(ConfigError::Value { file: file.to_owned(), problem });
        }
        if secure.listener.is_none() && secure.trust != Trusted::default() {
            let problem = "`secure.trust` says who may open channels, but there is no \
                           `secure.listener` to ask for them: `listener = \"secure\"`";
            return Err(ConfigError::Value { file: file.to_owned(), problem: problem.into() });
        }
        if let Some(circle) = circle(&channels) {
            let problem = circle_problem(&circle);
            return Err(ConfigError::Value { file: file.to_owned(), problem });
        }
        let placed = workers.into_iter().map(|(name, manifest)| {
            let source = format!("{file} [workers.{name}]");
            manifest.placed(source, true).map(|manifest| (name, manifest))
        });
        Ok(Self {
            node,
            links,
            secure,
            channels,
            ceiling,
            workers: placed.collect::<Result<_, _>>()?,
        })
    }

    /// How long workers may go on with what they have when the node stops (5 s).
    pub(crate) fn drain(&self) -> Duration {
        self.node.drain.map_or(Duration::from_secs(5), |time| time.0)
    }

    /// How many threads run workers; otherwise as many as there are cores.
    pub(crate) fn threads(&self) -> Option<usize> {
        self.node.threads.map(|threads| usize::from(threads.get()))
    }

    /// The memory of all workers together, in bytes; otherwise half of the machine's.
    pub(crate) fn memory(&self) -> Option<usize> {
        self.node.memory.map(|size| size.0)
    }

    /// The most instances that workers may have together; otherwise what the system has
    /// mappings for.
    pub(crate) fn instances(&self) -> Option<usize> {
        self.node.instances.and_then(|most| usize::try_from(most.get()).ok())
    }

    /// The bytes of compiled code that are kept; otherwise as many as the cache says.
    pub(crate) fn cache(&self) -> Option<u64> {
        self.node.cache.map(|size| size.0 as u64)
    }

    /// The most bytes of a component's file (32 MiB); nothing beyond is read.
    pub(crate) fn component(&self) -> u64 {
        self.node.component.map_or(COMPONENT, |size| size.0 as u64)
    }

    /// How long a component may take to compile (60 s).
    pub(crate) fn compile(&self) -> Duration {
        self.node.compile.map_or(COMPILE, |time| time.0)
    }

    /// The stops that a message's routes may have together, those behind it included (32).
    pub(crate) fn hops(&self) -> usize {
        self.node.hops.unwrap_or(MAX_HOPS)
    }

    /// Where links are listened for.
    #[cfg(feature = "tcp")]
    pub(crate) fn listen(&self) -> &[String] {
        &self.node.listen
    }

    /// What counts at a node's start alone goes on as it was then.
    #[cfg(feature = "tcp")]
    pub(crate) fn stay_at(&mut self, started: &Self) {
        self.node.listen.clone_from(&started.node.listen);
        self.node.relay.clone_from(&started.node.relay);
    }

    /// Listen there, too.
    #[cfg(feature = "tcp")]
    pub(crate) fn also_listen(&mut self, places: impl IntoIterator<Item = String>) {
        self.node.listen.extend(places);
    }

    /// Whether there are any such places.
    pub(super) fn listens(&self) -> bool {
        !self.node.listen.is_empty()
    }

    /// Hosts and ports that messages from other nodes may go on to.
    #[cfg(feature = "tcp")]
    pub(crate) fn relay(&self) -> &Network {
        &self.node.relay
    }

    /// Let them go there instead.
    #[cfg(feature = "tcp")]
    pub(crate) fn set_relay(&mut self, relay: Network) {
        self.node.relay = relay;
    }

    /// What links may use up.
    #[cfg(feature = "tcp")]
    pub(crate) fn links(&self) -> LinkLimits {
        self.links.limits()
    }

    /// The address at which other nodes ask for secure channels.
    #[cfg(feature = "tcp")]
    pub(crate) fn secure_listener(&self) -> Option<&WorkerName> {
        self.secure.listener.as_ref()
    }

    /// Who may open them.
    #[cfg(feature = "tcp")]
    pub(crate) fn trust(&self) -> &Trusted {
        &self.secure.trust
    }

    /// The channels that this node opens when something is sent to their names.
    #[cfg(feature = "tcp")]
    pub(crate) fn channels(&self) -> impl Iterator<Item = (&WorkerName, &NamedChannel)> {
        self.channels.iter()
    }

    /// The workers that have their manifest here, in the order of their names.
    pub(crate) fn workers(&self) -> impl Iterator<Item = (&WorkerName, &Manifest)> {
        self.workers.iter()
    }

    /// The manifest that a worker has here.
    #[cfg(feature = "cli")]
    pub(crate) fn worker(&self, name: &WorkerName) -> Option<&Manifest> {
        self.workers.get(name)
    }
}
