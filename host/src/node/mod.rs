//! The facade: builds a node from its parts, starts and stops workers, and says
//! how they are.

mod builder;
#[cfg(feature = "cli")]
mod census;
mod components;
mod directory;
mod error;
#[cfg(feature = "cli")]
mod explain;
mod files;
#[cfg(feature = "watch")]
mod follow;
mod letters;
mod loaded;
mod needs;
mod registry;
mod reload;
#[cfg(feature = "tcp")]
mod secure;
mod settings;
mod starting;
mod stop;
#[cfg(feature = "tcp")]
mod tcp;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use builder::NodeBuilder;
pub use directory::Brought;
pub use error::{NodeError, StopError};
#[cfg(feature = "cli")]
pub(crate) use explain::Sender;
pub use loaded::Component;
pub use reload::ReloadError;
#[cfg(feature = "tcp")]
pub use secure::SecureChannel;
use skep_protocol::Address;
pub use starting::Starting;
#[cfg(feature = "tcp")]
pub use tcp::Tcp;

use crate::config::WorkerOptions;
use crate::events::Events;
use crate::native::{self, App, Post, Worker};
use crate::node::registry::{Registry, worker_address};
use crate::outbox::StartError;
use crate::router::{DeadLetter, Recipient, WorkerStatus};

/// A running node: a router, mailboxes and workers in one address space.
///
/// Handles are cheap to clone. When the last one goes, the node ends at once;
/// [`Node::stop`] ends it in good order.
#[derive(Clone, Debug)]
pub struct Node {
    registry: Arc<Registry>,
}

impl Node {
    /// Settings for a node, each with its default.
    pub fn builder() -> NodeBuilder {
        NodeBuilder::default()
    }

    /// The embedding program as the worker `app`. All handles share one mailbox.
    pub fn app(&self) -> App {
        App::new(self.registry.core.clone(), self.registry.app.clone())
    }

    /// Start a worker from the bytes of a component (or of a core module with its
    /// world embedded). The node keeps the component under the same name, for
    /// workers that start others.
    ///
    /// # Errors
    /// When the bytes are no worker for this node, the name is taken or not
    /// acceptable, or the worker's `start` fails.
    pub async fn start_component(
        &self,
        name: &str,
        component: impl Into<Vec<u8>>,
        options: WorkerOptions,
    ) -> Result<Address, StartError> {
        self.registry.free_of_files(&worker_address(name)?)?;
        let cell = self.registry.start_component(name, name, component.into(), options).await?;
        Ok(Recipient::address(&*cell).clone())
    }

    /// Start a worker that is a value of this program.
    ///
    /// # Errors
    /// When the name is taken or not acceptable, or its `initialize` fails.
    pub async fn start_worker(
        &self,
        name: &str,
        worker: impl Worker,
    ) -> Result<Address, StartError> {
        self.start_worker_with(name, worker, WorkerOptions::default()).await
    }

    /// The same, with other options than the default. Those that bound what code does say
    /// nothing here: it is the program's own.
    ///
    /// # Errors
    /// As [`Node::start_worker`].
    pub async fn start_worker_with(
        &self,
        name: &str,
        worker: impl Worker,
        options: WorkerOptions,
    ) -> Result<Address, StartError> {
        let address = worker_address(name)?;
        self.registry.free_of_files(&address)?;
        let post = Post::new(self.registry.core.clone(), address.clone(), options);
        self.registry.register(std::slice::from_ref(&address), post.clone())?;
        native::spawn(post, worker).await.unwrap_or(Err(StartError::Closed))?;
        Ok(address)
    }

    /// Its links to other nodes over TCP.
    #[cfg(feature = "tcp")]
    pub fn tcp(&self) -> Tcp {
        Tcp::new(self.registry.clone())
    }

    /// Stop a worker for good once it has handled what is in its mailbox; in the
    /// middle of that after the drain deadline. What is left becomes dead letters: says how
    /// many of its messages did.
    ///
    /// # Errors
    /// When there is no such worker.
    pub async fn stop_worker(&self, worker: impl Into<Address>) -> Result<u64, StopError> {
        let worker = worker.into();
        let found = self.find(&worker).ok_or_else(|| self.unknown(worker))?;
        let component = found.component();
        let left = stop::stop_one(&self.registry, &found, "it was told to stop").await;
        if let Some(component) = component {
            self.registry.forget_component(&component);
        }
        Ok(left)
    }

    /// Stop the node: let its workers handle what they have until the drain
    /// deadline, then end each in good order, then end whatever is left. Says how many
    /// messages were not handled for that: they are lost with the node.
    pub async fn stop(&self) -> usize {
        stop::stop_all(&self.registry, self.registry.drain).await
    }

    /// Stop the node without letting its workers handle what they have; says how many
    /// messages that were.
    pub async fn stop_now(&self) -> usize {
        stop::stop_all(&self.registry, Duration::ZERO).await
    }

    /// Wait until something inside the node asks it to stop; says what. A worker
    /// with the grant `stop-node` can.
    pub async fn stop_requested(&self) -> String {
        self.registry.stop_requested().await
    }

    /// Ask the node to stop, as a worker with the grant `stop-node` can:
    /// [`Node::stop_requested`] tells the program, which stops it.
    pub fn request_stop(&self, why: &str) {
        self.registry.request_stop(why);
    }

    /// Listen to what happens from now on: a program that takes the events too slowly loses
    /// some, and is told how many.
    pub fn events(&self) -> Events {
        self.registry.core.events.listen(false)
    }

    /// The same, from the oldest event on that is kept: 256 are, so that a program which has
    /// just started the node learns how that went.
    pub fn events_so_far(&self) -> Events {
        self.registry.core.events.listen(true)
    }

    /// How a worker is; none if there is no such worker.
    pub fn worker(&self, address: &Address) -> Option<WorkerStatus> {
        let running = self.find(address).and_then(|worker| worker.status());
        let running = running.map(|status| self.with_files(status));
        running.or_else(|| self.registry.files.absent_one(address))
    }

    /// How its workers are, by address. Those that the directory's files ask for are among
    /// them even when they failed to start, or have stopped.
    pub fn workers(&self) -> Vec<WorkerStatus> {
        let mut all: Vec<_> =
            self.registry.recipients().iter().filter_map(|worker| worker.status()).collect();
        all = all.into_iter().map(|status| self.with_files(status)).collect();
        all.sort_by(|a, b| a.address.cmp(&b.address));
        let running = |status: &WorkerStatus| {
            all.binary_search_by(|each| each.address.cmp(&status.address)).is_ok()
        };
        let mut absent = self.registry.files.absent();
        absent.retain(|status| !running(status));
        all.extend(absent);
        all.sort_by(|a, b| a.address.cmp(&b.address));
        all
    }

    fn with_files(&self, mut status: WorkerStatus) -> WorkerStatus {
        status.refused = self.registry.files.refused(&status.address).or(status.refused);
        status
    }

    /// The bytes of memories and tables that all instances have, and may have together.
    pub fn memory(&self) -> (usize, usize) {
        self.registry.engine.memory()
    }

    /// How many instances its workers have, and may have together.
    pub fn instances(&self) -> (usize, usize) {
        self.registry.awake.usage()
    }

    /// Messages that no one will handle, oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.registry.core.router.dead_letters().list()
    }

    /// How many of them are kept.
    pub fn dead_letter_count(&self) -> usize {
        self.registry.core.router.dead_letters().len()
    }

    /// Forget a dead letter; false if there is none of this number.
    pub fn drop_dead_letter(&self, number: u64) -> bool {
        self.registry.core.router.dead_letters().take(number).is_some()
    }

    /// Forget all dead letters; says how many there were.
    pub fn drop_dead_letters(&self) -> usize {
        self.registry.core.router.dead_letters().clear()
    }

    /// A worker's address that may have been meant by one that there is not.
    pub fn nearest(&self, unknown: &Address) -> Option<String> {
        self.registry.core.router.nearest(unknown)
    }

    /// The directory that it runs, if any.
    pub fn directory(&self) -> Option<&Path> {
        self.registry.directory.as_ref().map(|directory| directory.root())
    }

    /// Whether messages can be sent there.
    #[cfg(feature = "cli")]
    pub(crate) fn knows(&self, address: &Address) -> bool {
        self.registry.core.router.find(address).is_some()
    }

    fn find(&self, worker: &Address) -> Option<Arc<dyn Recipient>> {
        self.registry.core.router.find(worker).filter(|found| found.doing().is_some())
    }

    fn unknown(&self, worker: Address) -> StopError {
        if let Some(status) = self.registry.files.absent_one(&worker) {
            return StopError::NotRunning { worker, why: status.ended.unwrap_or_default() };
        }
        let nearest = self.nearest(&worker);
        StopError::Unknown { worker, nearest }
    }
}
