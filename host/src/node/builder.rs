//! What a node is built from.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "tcp")]
use skep_secure::Identity;

#[cfg(feature = "tcp")]
use crate::config::Network;
use crate::config::NodeConfig;
use crate::engine::{Cache, Engine, Settings, cache};
use crate::events::What;
use crate::executor::Executor;
use crate::loader::Directory;
use crate::node::registry::{Home, Registry};
use crate::node::starting::{Audience, Starting};
use crate::node::{Node, NodeError};
use crate::outbox::Core;
use crate::router::Router;
use crate::timers::Timers;
#[cfg(feature = "tcp")]
use crate::transport::secure::Keys;
use crate::worker::Awake;

/// How long workers may go on with what they have when the node stops.
const DRAIN: Duration = Duration::from_secs(5);

/// The memory of all instances where the machine does not say how much it has.
const MEMORY: usize = 4 << 30;

/// Memory mappings of an instance, and of all else; and how many a process may have where
/// the system does not say (Linux's default).
const MAPPINGS_EACH: usize = 8;
const OTHER_MAPPINGS: usize = 2_000;
const MAPPINGS: usize = 65_530;

/// Settings for a node. Without a directory it keeps nothing on disk, and runs
/// what the program starts.
#[derive(Clone, Debug, Default)]
pub struct NodeBuilder {
    directory: Option<PathBuf>,
    threads: Option<usize>,
    memory: Option<usize>,
    component: Option<u64>,
    compile: Option<Duration>,
    drain: Option<Duration>,
    instances: Option<usize>,
    audience: Audience,
    #[cfg(feature = "tcp")]
    listen: Vec<String>,
    #[cfg(feature = "tcp")]
    relay: Option<Network>,
    #[cfg(feature = "tcp")]
    identity: Option<Arc<Identity>>,
}

impl NodeBuilder {
    /// Run a node's directory: its `node.toml`, and the workers in `workers/`. It is
    /// made where there is none, and no two nodes run on the same.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Run workers on so many threads at a time (as many as the machine has cores): those
    /// that use little of them, and behind those, on as many again, the ones that use much.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// The bytes that the memories of all instances may take together (half of the
    /// machine's memory).
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// The most bytes that a component may have (32 MiB).
    #[must_use]
    pub fn component_size(mut self, bytes: u64) -> Self {
        self.component = Some(bytes);
        self
    }

    /// How long a component may take to compile (60 s). As many are compiled at a time as
    /// the machine has cores, by threads that step back behind those that run workers.
    #[must_use]
    pub fn compile_time(mut self, budget: Duration) -> Self {
        self.compile = Some(budget);
        self
    }

    /// How long workers may go on with what they have when the node stops (5 s).
    #[must_use]
    pub fn drain(mut self, deadline: Duration) -> Self {
        self.drain = Some(deadline);
        self
    }

    /// The most instances that workers may have together, at least 1; otherwise as many as
    /// the system has memory mappings for (`vm.max_map_count`), 7,900 on most. For one more,
    /// the worker that was used least recently has to sleep.
    #[must_use]
    pub fn instances(mut self, most: usize) -> Self {
        self.instances = Some(most);
        self
    }

    /// Let other nodes open links to this one, at a host and port such as `127.0.0.1:4000`.
    /// Links are neither encrypted nor do they prove who is at the other end.
    #[cfg(feature = "tcp")]
    #[must_use]
    pub fn listen(mut self, place: impl Into<String>) -> Self {
        self.listen.push(place.into());
        self
    }

    /// Let messages of other nodes go on to these hosts and ports (to none).
    #[cfg(feature = "tcp")]
    #[must_use]
    pub fn relay(mut self, network: Network) -> Self {
        self.relay = Some(network);
        self
    }

    /// Be this identity in secure channels, until the node ends. Otherwise a node with a
    /// directory is the one that is kept in there (`identity.key`, which is made when it is
    /// needed), and one without is a new one each time.
    #[cfg(feature = "tcp")]
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(Arc::new(identity));
        self
    }

    /// Be told how the start of the directory's workers goes on. What is told must
    /// not block.
    #[must_use]
    pub fn on_starting(mut self, told: impl Fn(Starting<'_>) + Send + Sync + 'static) -> Self {
        self.audience = Audience::of(told);
        self
    }

    /// Start the node, and with a directory all its workers: those that fail to
    /// start are logged, and do not keep the others from running.
    ///
    /// # Errors
    /// When the directory or its settings cannot be used, or this is no tokio runtime.
    pub async fn start(self) -> Result<Node, NodeError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| NodeError::NoRuntime)?;
        let (config, home) = self.open()?;
        #[cfg(feature = "tcp")]
        let config = self.link(config);
        let cache = home.as_ref().map(|home| open_cache(&home.directory, &config)).transpose()?;
        let settings = Settings {
            memory: self.memory.or(config.memory()).unwrap_or_else(half_of_the_machine),
            component: self.component.unwrap_or_else(|| config.component()),
            compile: self.compile.unwrap_or_else(|| config.compile()),
            compilers: cores(),
        };
        let engine = Engine::new(&settings, cache);
        let engine = engine.map_err(|why| NodeError::Engine(format!("{why:#}")))?;
        let threads = self.threads.or(config.threads()).unwrap_or_else(cores).max(1);
        let (executor, _threads) = Executor::start(threads, engine.ticker().clone(), runtime)?;
        let timers = Timers::start()?;
        let most = self.instances.or(config.instances()).unwrap_or_else(mappable_instances);
        let of_memory = engine.clone();
        let awake = Awake::new(most, move || of_memory.memory());
        let rest = tokio::spawn(awake.clone().run(timers.clone())).abort_handle();
        let core = Arc::new(Core::new(Router::new(config.hops()), executor, timers));
        let drain = self.drain.unwrap_or(if home.is_some() { config.drain() } else { DRAIN });
        let awake = (awake, rest);
        #[cfg(feature = "tcp")]
        let keys = self.keys(home.as_ref());
        #[cfg(not(feature = "tcp"))]
        let keys = ();
        let registry = Registry::new(core, engine, awake, drain, config, home, keys);
        let node = Node { registry };
        // Before its workers start: that may take long, and be in vain.
        #[cfg(feature = "tcp")]
        let bound = {
            node.registry.secure().await?;
            node.registry.bind().await?
        };
        node.registry.start_directory(&self.audience).await?;
        #[cfg(feature = "tcp")]
        node.registry.serve(bound)?;
        #[cfg(feature = "watch")]
        node.registry.follow_directory()?;
        node.registry.core.events.node(What::NodeStarted);
        Ok(node)
    }

    /// What is said here of other nodes, beside what the directory's settings say.
    #[cfg(feature = "tcp")]
    fn link(&self, mut config: NodeConfig) -> NodeConfig {
        config.also_listen(self.listen.iter().cloned());
        if let Some(relay) = &self.relay {
            config.set_relay(relay.clone());
        }
        config
    }

    #[cfg(feature = "tcp")]
    fn keys(&self, home: Option<&Home>) -> Keys {
        match (&self.identity, home) {
            (Some(identity), _) => Keys::of_memory(Some(identity.clone())),
            (None, Some(home)) => Keys::kept(home.directory.identity(), home.directory.known()),
            (None, None) => Keys::of_memory(None),
        }
    }

    fn open(&self) -> Result<(NodeConfig, Option<Home>), NodeError> {
        let Some(path) = &self.directory else { return Ok((NodeConfig::default(), None)) };
        let directory = Directory::at(path);
        directory.create()?;
        let lock = directory.lock()?;
        let settings = directory.config_text()?;
        let config = directory.read(&settings)?;
        Ok((config, Some(Home { directory, lock, settings })))
    }
}

fn open_cache(directory: &Directory, config: &NodeConfig) -> Result<Cache, NodeError> {
    let capacity = config.cache().unwrap_or(cache::CAPACITY);
    Ok(Cache::with_capacity(&directory.cache(), &directory.cache_key(), capacity)?)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// How many instances the system has mappings for, as Linux tells it: each has seven, and
/// two thousand are left to the rest of the process.
fn mappable_instances() -> usize {
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let mappings = text.trim().parse().unwrap_or(MAPPINGS);
    (mappings.saturating_sub(OTHER_MAPPINGS) / MAPPINGS_EACH).max(1)
}

/// Half of the machine's memory in bytes, as Linux tells it.
fn half_of_the_machine() -> usize {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total =
        text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB"));
    total
        .and_then(|kib| kib.trim().parse::<usize>().ok())
        .map_or(MEMORY, |kib| kib.saturating_mul(512))
}
