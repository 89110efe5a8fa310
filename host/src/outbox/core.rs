//! What the node offers to its workers' handlers, and what it has to know of them.

use std::sync::{Arc, OnceLock, Weak};

use skep_protocol::Address;
use thiserror::Error;

use crate::config::WorkerOptions;
use crate::events::Hub;
use crate::executor::Executor;
use crate::outbox::{Ledger, WaitSlot};
use crate::router::{Message, Recipient, Router};
use crate::timers::Timers;

/// The parts of a node that handlers reach.
pub(crate) struct Core {
    pub(crate) router: Arc<Router>,
    pub(crate) executor: Arc<Executor>,
    pub(crate) timers: Arc<Timers>,
    /// What happens is told there.
    pub(crate) events: Hub,
    starter: OnceLock<Weak<dyn Starter>>,
}

impl Core {
    pub(crate) fn new(router: Arc<Router>, executor: Arc<Executor>, timers: Arc<Timers>) -> Self {
        Self { router, executor, timers, events: Hub::default(), starter: OnceLock::new() }
    }

    /// Who starts workers; said once, when the node is built.
    pub(crate) fn set_starter(&self, starter: Weak<dyn Starter>) {
        let _ = self.starter.set(starter);
    }

    /// Who starts workers; none once the node is gone.
    pub(crate) fn starter(&self) -> Option<Arc<dyn Starter>> {
        self.starter.get().and_then(Weak::upgrade)
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Core").field("router", &self.router).finish_non_exhaustive()
    }
}

/// A worker whose handler asks for something.
pub(crate) trait Asker: Recipient {
    /// How it runs: of its current generation.
    fn options(&self) -> Arc<WorkerOptions>;
    /// What the node holds for it.
    fn ledger(&self) -> &Arc<Ledger>;
    /// What it waits on in the middle of a message.
    fn wait_slot(&self) -> &WaitSlot;
    /// The handling of a message was cut off. Gives it back, with its place, unless it was
    /// kept to be handled again.
    fn interrupted(&self, message: Box<Message>) -> Option<Box<Message>> {
        Some(message)
    }
    /// It wants to end: after the message in progress, and for good unless it is to run
    /// in any case.
    fn stop(&self, why: &str);
}

/// Makes workers from the node's components.
pub(crate) trait Starter: Send + Sync {
    /// Take a name for a new worker below `parent` and make all ready, without
    /// starting it.
    ///
    /// # Errors
    /// When there is no such component, the name is taken or not acceptable, or a
    /// limit is reached.
    fn prepare(
        &self,
        parent: &Arc<dyn Asker>,
        component: &str,
        name: Option<&str>,
        args: Vec<u8>,
    ) -> Result<Arc<dyn Child>, StartError>;

    /// Stop the node.
    fn stop_node(&self, why: &str);
}

/// A worker that another one has started, or is about to start.
pub(crate) trait Child: Send + Sync {
    /// Its first address.
    fn address(&self) -> &Address;
    /// Let it run.
    fn start(&self);
    /// It is not to be started after all: its name is free again.
    fn discard(&self);
    /// End it for good after the message in progress.
    fn stop(&self, why: &str);
}

/// Why a worker was not started.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The node has no component of this name.
    #[error("there is no component `{0}`")]
    UnknownComponent(String),
    /// Another worker has this address, or a channel or a listener.
    #[error("the address `{0}` is taken by another worker, a channel or a listener")]
    AddressTaken(Address),
    /// The worker that asks may not start others; the text names the grant.
    #[error("not allowed: {0}")]
    Denied(String),
    /// A limit is reached; the text names it.
    #[error("a limit is reached: {0}")]
    Quota(String),
    /// The address or the arguments are not acceptable.
    #[error("{0}")]
    Invalid(String),
    /// The bytes are not a component that this node can run; the text says why.
    #[error("{0}")]
    Component(String),
    /// Its `start` or `restore` failed; the text says how.
    #[error("it failed to start: {0}")]
    Failed(String),
    /// The node has stopped.
    #[error("the node has stopped")]
    Closed,
}
