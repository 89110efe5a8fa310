//! What a node is made of, and how workers come into it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use skep_protocol::Address;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use crate::config::{Access, Limit, Limits, NodeConfig, WorkerName, WorkerOptions};
use crate::engine::{Code, Engine};
use crate::loader::{Directory, Lock};
use crate::native::AppPost;
use crate::node::components::Components;
use crate::node::files::Files;
#[cfg(feature = "watch")]
use crate::node::follow::Follower;
use crate::node::settings::Settings;
use crate::outbox::{Asker, Child, Core, StartError, Starter};
use crate::router::{Recipient, State};
#[cfg(feature = "watch")]
use crate::sync::Mutex;
#[cfg(feature = "tcp")]
use crate::transport::secure::{Keys, Shared as Channels};
#[cfg(feature = "tcp")]
use crate::transport::tcp::Shared as Links;
use crate::worker::{Awake, Cell, Generation, Parts};

/// Without links nobody asks who the node is.
#[cfg(not(feature = "tcp"))]
pub(super) type Keys = ();

/// The parts of a running node.
pub(crate) struct Registry {
    pub(super) core: Arc<Core>,
    pub(super) engine: Arc<Engine>,
    pub(super) app: Arc<AppPost>,
    pub(super) components: Components,
    pub(super) files: Files,
    /// Told of each change of a worker's state.
    pub(super) changed: Arc<Notify>,
    stop_requested: watch::Sender<Option<String>>,
    pub(super) drain: Duration,
    pub(super) directory: Option<Directory>,
    pub(super) settings: Settings,
    pub(super) awake: Arc<Awake>,
    #[cfg(feature = "tcp")]
    pub(super) links: Arc<Links>,
    #[cfg(feature = "tcp")]
    pub(super) channels: Arc<Channels>,
    /// The task that has idle workers sleep.
    rest: AbortHandle,
    /// The task that follows what changes in the directory.
    #[cfg(feature = "watch")]
    pub(super) follower: Mutex<Option<Follower>>,
    _lock: Option<Lock>,
}

/// The directory of a node, locked, and what its `node.toml` said at that time.
pub(super) struct Home {
    pub(super) directory: Directory,
    pub(super) lock: Lock,
    pub(super) settings: String,
}

impl Registry {
    pub(super) fn new(
        core: Arc<Core>,
        engine: Arc<Engine>,
        (awake, rest): (Arc<Awake>, AbortHandle),
        drain: Duration,
        config: NodeConfig,
        home: Option<Home>,
        #[cfg_attr(not(feature = "tcp"), expect(unused_variables, reason = "there are none"))]
        keys: Keys,
    ) -> Arc<Self> {
        let (directory, lock, text) = match home {
            Some(Home { directory, lock, settings }) => (Some(directory), Some(lock), settings),
            None => (None, None, String::new()),
        };
        #[cfg(feature = "tcp")]
        let (links, channels) = {
            let runtime = tokio::runtime::Handle::current();
            let channels =
                Channels::new(core.clone(), keys, config.links().message, runtime.clone());
            let relay = config.relay().clone();
            (Links::new(core.clone(), config.links(), relay, runtime), channels)
        };
        let registry = Arc::new(Self {
            #[cfg(feature = "tcp")]
            links,
            #[cfg(feature = "tcp")]
            channels,
            core,
            engine,
            app: AppPost::new(),
            components: Components::default(),
            files: Files::default(),
            changed: Arc::default(),
            stop_requested: watch::Sender::new(None),
            drain,
            directory,
            settings: Settings::new(config, text),
            awake,
            rest,
            #[cfg(feature = "watch")]
            follower: Mutex::default(),
            _lock: lock,
        });
        registry.core.router.register(crate::native::APP.into(), registry.app.clone());
        let starter: Weak<Self> = Arc::downgrade(&registry);
        registry.core.set_starter(starter);
        registry
    }

    /// Everyone with a mailbox, each once.
    pub(super) fn recipients(&self) -> Vec<Arc<dyn Recipient>> {
        self.core.router.recipients()
    }

    pub(super) fn request_stop(&self, why: &str) {
        self.stop_requested.send_replace(Some(why.into()));
    }

    pub(super) async fn stop_requested(&self) -> String {
        let mut told = self.stop_requested.subscribe();
        match told.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            Err(_) => "the node is gone".into(),
        }
    }

    /// Compile a component, keep it under its name, and start a worker from it.
    pub(super) async fn start_component(
        self: &Arc<Self>,
        name: &str,
        component: &str,
        bytes: Vec<u8>,
        options: WorkerOptions,
    ) -> Result<Arc<Cell>, StartError> {
        let address = worker_address(name)?;
        let code = self.load(bytes, &options.limits).await?;
        let options = options.into();
        let kept = Generation { number: 1, component: component.into(), code, options };
        let cell = self.new_cell(address, kept.into(), None)?;
        self.keep_component(component, &cell);
        self.run(cell).await
    }

    /// Check, compile and link a component.
    pub(super) async fn load(
        &self,
        bytes: Vec<u8>,
        limits: &Limits,
    ) -> Result<Arc<Code>, StartError> {
        let code = self.engine.load(bytes, limits).await;
        code.map_err(|why| StartError::Component(why.to_string()))
    }

    /// Let a worker run, and wait until it has begun if it begins at once.
    pub(super) async fn run(&self, cell: Arc<Cell>) -> Result<Arc<Cell>, StartError> {
        cell.activate();
        self.started(&cell).await?;
        Ok(cell)
    }

    /// Whoever is started from this component from now on is made as this worker is.
    pub(super) fn keep_component(&self, component: &str, cell: &Arc<Cell>) {
        self.components.keep(component, cell, || self.files.components());
    }

    /// A worker of this component has stopped for good.
    pub(super) fn forget_component(&self, component: &str) {
        self.components.forget(component, || self.files.components());
    }

    /// Check that no file's worker has this name, which is nobody else's even while
    /// that one does not run.
    ///
    /// # Errors
    /// That it is taken.
    pub(super) fn free_of_files(&self, address: &Address) -> Result<(), StartError> {
        if self.files.own(address) {
            return Err(StartError::AddressTaken(address.clone()));
        }
        Ok(())
    }

    /// Wait until a worker that begins at once has begun.
    async fn started(&self, cell: &Arc<Cell>) -> Result<(), StartError> {
        loop {
            let changed = self.changed.notified();
            match cell.state() {
                _ if !cell.is_beginning() => return Ok(()),
                State::Parked | State::Stopped => {
                    let why =
                        cell.status().and_then(|status| status.last_failure).unwrap_or_default();
                    cell.end("it failed to start", false);
                    return Err(StartError::Failed(why));
                }
                _ => changed.await,
            }
        }
    }

    pub(super) fn new_cell(
        &self,
        address: Address,
        made_from: Arc<Generation>,
        parent: Option<&Arc<dyn Asker>>,
    ) -> Result<Arc<Cell>, StartError> {
        let bytes = made_from.options.args.len();
        let charge = |parent: &Arc<dyn Asker>| {
            let limits = &parent.options().limits;
            parent.ledger().charge_child(bytes, limits).map_err(|(limit, most)| {
                parent.stats().reach(limit);
                let of = if limit == Limit::Descendants { " of one worker" } else { "" };
                StartError::Quota(format!("{most} {}{of}", limit.key()))
            })
        };
        let cell = Cell::new(Parts {
            core: self.core.clone(),
            engine: self.engine.clone(),
            generation: made_from,
            address,
            parent: parent.map(|parent| parent.ledger().clone()),
            charge: parent.map(charge).transpose()?.into(),
            changed: self.changed.clone(),
            awake: self.awake.clone(),
        });
        self.register(&cell.addresses(), cell.clone())?;
        Ok(cell)
    }

    /// Give a recipient all its addresses, or none.
    pub(super) fn register(
        &self,
        addresses: &[Address],
        recipient: Arc<dyn Recipient>,
    ) -> Result<(), StartError> {
        let mut given = Vec::new();
        for address in addresses {
            // A file's name is its worker's, even while that one does not run.
            if address != recipient.address() && self.files.is_named(address) {
                given.into_iter().for_each(|given| self.core.router.unregister(given, &recipient));
                return Err(StartError::AddressTaken(address.clone()));
            }
            if !self.core.router.register(address.clone(), recipient.clone()) {
                for address in given {
                    self.core.router.unregister(address, &recipient);
                }
                return Err(StartError::AddressTaken(address.clone()));
            }
            given.push(address);
        }
        Ok(())
    }
}

impl Starter for Registry {
    /// A child runs as its component's own worker does, but with no grant that its
    /// parent lacks, and under one address.
    fn prepare(
        &self,
        parent: &Arc<dyn Asker>,
        component: &str,
        name: Option<&str>,
        args: Vec<u8>,
    ) -> Result<Arc<dyn Child>, StartError> {
        let unknown =
            || StartError::UnknownComponent(crate::sanitize::sanitize(component).into_owned());
        let mut made_from = self.components.get(component).ok_or_else(unknown)?;
        let own = name.map_or_else(|| parent.ledger().next_number().to_string(), Into::into);
        // The child's own part has to be a name by itself.
        worker_address(&own)?;
        let address = worker_address(&format!("{}.{own}", parent.address()))?;
        self.free_of_files(&address)?;
        let granted = &parent.options().grants;
        let options = Arc::make_mut(&mut Arc::make_mut(&mut made_from).options);
        options.grants.retain(|grant| granted.contains(grant));
        options.addresses.clear();
        options.access = Access::Local;
        options.network = options.network.within(&parent.network());
        options.args = args;
        Ok(self.new_cell(address, made_from, Some(parent))?)
    }

    fn stop_node(&self, why: &str) {
        self.request_stop(why);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        for recipient in self.recipients() {
            recipient.kill("the node is gone");
        }
        #[cfg(feature = "tcp")]
        {
            self.channels.shut_down();
            self.links.shut_down();
        }
        self.rest.abort();
        self.core.timers.shut_down();
        self.core.events.close();
        self.core.executor.shut_down();
        self.core.router.clear();
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Registry").field("core", &self.core).finish_non_exhaustive()
    }
}

/// The address of a worker of this name.
///
/// # Errors
/// When it is no name for a worker.
pub(super) fn worker_address(name: &str) -> Result<Address, StartError> {
    let name = WorkerName::try_from(name.to_owned())
        .map_err(|why| StartError::Invalid(why.to_string()))?;
    Ok(Address::local(name.as_str().as_bytes()))
}
