//! Components that a program loads once, and starts any number of workers from.

use std::sync::Arc;

use skep_protocol::Address;

use crate::config::{Limits, WorkerOptions};
use crate::engine::Code;
use crate::node::Node;
use crate::node::registry::{Registry, worker_address};
use crate::outbox::StartError;
use crate::router::Recipient;
use crate::worker::{Cell, Generation};

/// A component that a node has checked, compiled and linked: cheap to clone, and of use to
/// that node alone.
#[derive(Clone, Debug)]
pub struct Component {
    /// As `skep ps` shows it.
    name: Arc<str>,
    code: Arc<Code>,
}

impl Node {
    /// Check, compile and link the bytes of a component (or of a core module with its world
    /// embedded), under a name that people are shown. [`Node::start_component`] does so each
    /// time; whoever starts many workers of one component does it once.
    ///
    /// # Errors
    /// When the bytes are no worker for this node.
    pub async fn load_component(
        &self,
        name: &str,
        component: impl Into<Vec<u8>>,
    ) -> Result<Component, StartError> {
        // What an instance needs to begin with is checked against its own limits at its start.
        let limits = Limits { memory: usize::MAX, ..Limits::default() };
        let code = self.registry.load(component.into(), &limits).await?;
        Ok(Component { name: name.into(), code })
    }

    /// Start a worker from a component that is loaded. Workers that run alike may share their
    /// options, which then take memory once. Unlike [`Node::start_component`] it
    /// keeps nothing that workers could start others from.
    ///
    /// # Errors
    /// When the name is taken or not acceptable, or the worker's `start` fails.
    pub async fn start_loaded(
        &self,
        name: &str,
        component: &Component,
        options: impl Into<Arc<WorkerOptions>>,
    ) -> Result<Address, StartError> {
        let address = worker_address(name)?;
        self.registry.free_of_files(&address)?;
        let cell = self.registry.start_loaded(address, component, options.into()).await?;
        Ok(Recipient::address(&*cell).clone())
    }
}

impl Registry {
    async fn start_loaded(
        self: &Arc<Self>,
        address: Address,
        Component { name, code }: &Component,
        options: Arc<WorkerOptions>,
    ) -> Result<Arc<Cell>, StartError> {
        code.check(&options.limits).map_err(|why| StartError::Component(why.to_string()))?;
        let (component, code) = (name.clone(), code.clone());
        let made_from = Generation { number: 1, component, code, options };
        let cell = self.new_cell(address, made_from.into(), None)?;
        self.run(cell).await
    }
}
