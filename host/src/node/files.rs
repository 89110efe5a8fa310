//! What the files of the node's directory own: their names, whether their workers run
//! or not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use skep_protocol::Address;

use crate::loader::Found;
use crate::router::{Recipient, State, Stats, WorkerStatus};
use crate::sync::{Mutex, lock};
use crate::worker::Cell;

/// The workers that files ask for.
#[derive(Default)]
pub(super) struct Files(Mutex<Owned>);

#[derive(Default)]
struct Owned {
    /// All their addresses: nobody else may bear them.
    names: BTreeSet<Address>,
    workers: BTreeMap<Address, Worker>,
}

struct Worker {
    component: String,
    fate: Fate,
}

/// What became of a worker.
enum Fate {
    Waits,
    Runs(Arc<Cell>),
    Failed(String),
}

impl Files {
    /// A file asks for a worker, which is not started yet.
    pub(super) fn claim(&self, found: &Found) {
        let mut owned = lock(&self.0);
        let name = Address::local(found.name.as_bytes());
        owned.names.insert(name.clone());
        if let Ok(options) = &found.options {
            owned.names.extend(options.addresses.iter().cloned());
        }
        let worker = Worker { component: found.component(), fate: Fate::Waits };
        owned.workers.insert(name, worker);
    }

    /// Whether an address is that of a file's worker, be it running or not.
    pub(super) fn own(&self, address: &Address) -> bool {
        lock(&self.0).names.contains(address)
    }

    /// The worker of this name has started.
    pub(super) fn started(&self, cell: &Arc<Cell>) {
        if let Some(worker) = lock(&self.0).workers.get_mut(Recipient::address(&**cell)) {
            worker.fate = Fate::Runs(cell.clone());
        }
    }

    /// The worker of this name does not start.
    pub(super) fn failed(&self, name: &str, why: &str) {
        if let Some(worker) = lock(&self.0).workers.get_mut(&Address::local(name.as_bytes())) {
            worker.fate = Fate::Failed(why.into());
        }
    }

    /// Those that do not run: they failed to start, or have stopped since.
    pub(super) fn absent(&self) -> Vec<WorkerStatus> {
        let owned = lock(&self.0);
        owned.workers.iter().filter_map(|(name, worker)| worker.absent(name)).collect()
    }

    /// The same of one.
    pub(super) fn absent_one(&self, address: &Address) -> Option<WorkerStatus> {
        lock(&self.0).workers.get(address)?.absent(address)
    }
}

impl Worker {
    fn absent(&self, name: &Address) -> Option<WorkerStatus> {
        match &self.fate {
            Fate::Waits => None,
            Fate::Runs(cell) => cell.status().filter(|status| status.state == State::Stopped),
            Fate::Failed(why) => {
                let mut status = WorkerStatus::new(name.clone(), State::Stopped, &Stats::default());
                status.component = Some(self.component.clone());
                status.ended = Some(why.clone());
                Some(status)
            }
        }
    }
}
