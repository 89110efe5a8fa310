//! New generations of running workers, and the way back.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

use skep_protocol::Address;
use tokio::time::timeout;

use crate::config::WorkerOptions;
use crate::events::What;
use crate::node::registry::Registry;
use crate::node::{Brought, Node, StartError, StopError};
use crate::router::Recipient;
use crate::worker::{Cell, Generation};

/// Why a worker's next generation did not take over. The one that it has goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// There is no such worker.
    #[error(transparent)]
    Unknown(#[from] StopError),
    /// It is a value of the program, and has no component.
    #[error("`{0}` is a worker of the program: it has no component to be reloaded")]
    Native(Address),
    /// The bytes are not a component that this node can run; the text says why.
    #[error("{0}")]
    Component(String),
    /// Something else has an address that it asks for; see [`StartError::AddressTaken`].
    #[error("{}", StartError::AddressTaken(.0.clone()))]
    AddressTaken(Address),
    /// It did not start, or did not take the state over; the text says why.
    #[error("generation {kept} goes on, since the next one did not take over: {why}")]
    Refused {
        /// The generation that goes on.
        kept: u32,
        /// What was wrong.
        why: String,
    },
    /// There is no generation before this one.
    #[error("`{0}` has no generation before this one")]
    NoPrevious(Address),
    /// It has stopped meanwhile.
    #[error("`{0}` has stopped")]
    Stopped(Address),
}

impl Node {
    /// Have the next generation of a worker take over: after the message in progress,
    /// with its mailbox, timers, monitors, children and, by `save` and `restore`, its
    /// state. If it fails on one of its first messages, the old one has its place again,
    /// and that message. Says the number of the new generation.
    ///
    /// # Errors
    /// Why it does not take over; then nothing has changed.
    pub async fn reload_component(
        &self,
        worker: impl Into<Address>,
        component: impl Into<Vec<u8>>,
        options: WorkerOptions,
    ) -> Result<u32, ReloadError> {
        let cell = self.cell(worker.into())?;
        let reloaded = self
            .registry
            .reload(&cell, cell.generation().component.clone(), component.into(), options)
            .await;
        self.registry.telling(&cell, reloaded)
    }

    /// Have the generation before the current one take over again, as a reload does.
    /// Says its number.
    ///
    /// # Errors
    /// Why it does not; then nothing has changed.
    pub async fn roll_back(&self, worker: impl Into<Address>) -> Result<u32, ReloadError> {
        let cell = self.cell(worker.into())?;
        let _turn = cell.reloading().lock().await;
        let previous = cell.previous();
        let Some(previous) = previous else {
            return self.registry.telling(&cell, Err(ReloadError::NoPrevious(address(&cell))));
        };
        let given_up = cell.generation();
        let back = self.registry.take_over(&cell, previous).await;
        if back.is_ok() {
            self.registry.files.decline(&address(&cell), given_up);
        }
        self.registry.telling(&cell, back)
    }

    /// Bring a worker of the node's directory in line with its files, without waiting until
    /// that comes about by itself: start it, reload it, or leave it as it is.
    ///
    /// # Errors
    /// Why not, in words that name the file; then nothing has changed.
    pub async fn reload(&self, worker: &str) -> Result<Brought, String> {
        self.registry.bring_by_name(worker).await
    }

    /// The names of the workers that the files of its directory ask for.
    pub fn files(&self) -> Vec<String> {
        self.registry.files.names()
    }

    fn cell(&self, worker: Address) -> Result<Arc<Cell>, ReloadError> {
        let found = self.find(&worker).ok_or_else(|| self.unknown(worker.clone()))?;
        let any: Arc<dyn Any + Send + Sync> = found;
        any.downcast().map_err(|_| ReloadError::Native(worker))
    }
}

impl Registry {
    /// What came of a worker's reload; that nothing did is told as well.
    fn telling(&self, cell: &Cell, came: Result<u32, ReloadError>) -> Result<u32, ReloadError> {
        if let Err(why) = &came {
            let (worker, kept) = (Recipient::address(cell), cell.generation().number);
            let reason = why.to_string();
            self.core.events.worker(worker, Some(kept), What::Refused { reason });
        }
        came
    }

    /// Compile a worker's next generation, and have it take over.
    pub(super) async fn reload(
        &self,
        cell: &Arc<Cell>,
        component: Arc<str>,
        bytes: Vec<u8>,
        options: WorkerOptions,
    ) -> Result<u32, ReloadError> {
        let code = self.engine.load(bytes, &options.limits).await;
        let code = code.map_err(|why| ReloadError::Component(why.to_string()))?;
        let _turn = cell.reloading().lock().await;
        let number = cell.next_number();
        let next = Arc::new(Generation { number, component, code, options: options.into() });
        self.take_over(cell, next).await
    }

    /// Have a generation take over that is compiled. Its further addresses are its own
    /// before that, and those that it does not have any more are free after.
    async fn take_over(&self, cell: &Arc<Cell>, next: Arc<Generation>) -> Result<u32, ReloadError> {
        let old = cell.generation();
        let recipient: Arc<dyn Recipient> = cell.clone();
        let addresses = |of: &Generation| BTreeSet::from_iter(of.options.addresses.clone());
        let (before, after) = (addresses(&old), addresses(&next));
        let new: Vec<_> = after.difference(&before).cloned().collect();
        self.register(&new, recipient.clone()).map_err(|why| match why {
            StartError::AddressTaken(address) => ReloadError::AddressTaken(address),
            why => ReloadError::Component(why.to_string()),
        })?;
        let outcome = self.outcome(cell, next.clone()).await;
        let gone = match &outcome {
            Ok(()) => before.difference(&after).cloned().collect(),
            Err(_) => new,
        };
        for address in &gone {
            self.core.router.unregister(address, &recipient);
        }
        outcome.map(|()| next.number)
    }

    /// Wait for the message in progress, until the drain deadline; then it is ended, and
    /// the next generation gets it.
    async fn outcome(&self, cell: &Arc<Cell>, next: Arc<Generation>) -> Result<(), ReloadError> {
        let (number, kept) = (next.number, cell.generation().number);
        let mut outcome = cell.reload(next);
        let in_time = timeout(self.drain, &mut outcome).await;
        let ended = match in_time {
            Ok(ended) => ended,
            Err(_) => {
                cell.interrupt();
                outcome.await
            }
        };
        let worker = address(cell);
        match ended {
            Ok(Ok(())) => {
                let what = match number < kept {
                    true => What::RolledBack { previous: kept, reason: "it was told to".into() },
                    false => What::Reloaded { previous: kept },
                };
                self.core.events.worker(&worker, Some(number), what);
                Ok(())
            }
            Ok(Err(why)) => Err(ReloadError::Refused { kept, why }),
            Err(_) => Err(ReloadError::Stopped(worker)),
        }
    }
}

fn address(cell: &Arc<Cell>) -> Address {
    Recipient::address(&**cell).clone()
}
