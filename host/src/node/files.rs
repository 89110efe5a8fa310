//! What the files of the node's directory own: their names, whether their workers run
//! or not.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use skep_protocol::Address;

use crate::config::WorkerOptions;
use crate::router::{Recipient, State, Stats, WorkerStatus};
use crate::sync::{Mutex, lock};
use crate::worker::{Cell, Generation};

/// The workers that files ask for.
#[derive(Default)]
pub(super) struct Files(Mutex<Owned>);

#[derive(Default)]
struct Owned {
    /// The first start of all is over.
    started: bool,
    workers: BTreeMap<Address, Worker>,
    /// Their further addresses, and whose each is.
    further: BTreeMap<Address, Address>,
}

#[derive(Default)]
struct Worker {
    component: String,
    further: Vec<Address>,
    needs: Vec<Address>,
    /// Of those, the ones that it waits for.
    lacks: Vec<Address>,
    fate: Fate,
    /// Why its files as they are now are not what runs.
    refused: Option<String>,
    /// What of others stands in the way of that.
    hindrance: Option<Hindrance>,
    /// It was tried, and failed too often.
    parked: bool,
    /// What was rolled back by hand.
    declined: Option<Arc<Generation>>,
    /// Whoever brings it in line with its files.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Something that does not lie in a worker's own files, and so may pass.
#[cfg_attr(not(feature = "watch"), expect(dead_code, reason = "nobody looks again"))]
pub(super) enum Hindrance {
    /// Another has the address.
    Taken(Address),
    /// It and others wait for each other.
    Circle,
}

/// What became of a worker.
#[derive(Default)]
enum Fate {
    #[default]
    Waits,
    Runs(Arc<Cell>),
    Failed(String),
}

impl Files {
    /// Files ask for a worker. Nobody else may bear its addresses.
    pub(super) fn claim(&self, name: &str, component: String, options: Option<&WorkerOptions>) {
        let owned = &mut *lock(&self.0);
        let name = Address::local(name.as_bytes());
        let worker = owned.workers.entry(name.clone()).or_default();
        worker.component = component;
        // Of what cannot be read the old addresses stay.
        let Some(options) = options else { return };
        for address in std::mem::replace(&mut worker.further, options.addresses.clone()) {
            if owned.further.get(&address) == Some(&name) {
                owned.further.remove(&address);
            }
        }
        worker.needs.clone_from(&options.needs);
        for address in &worker.further {
            owned.further.entry(address.clone()).or_insert_with(|| name.clone());
        }
    }

    /// There are no files for a worker any more: its names are free. Says which component
    /// it had.
    #[cfg(feature = "watch")]
    pub(super) fn release(&self, name: &str) -> Option<String> {
        let owned = &mut *lock(&self.0);
        let name = Address::local(name.as_bytes());
        owned.further.retain(|_, owner| *owner != name);
        owned.workers.remove(&name).map(|worker| worker.component)
    }

    /// The names of the components that are asked for.
    pub(super) fn components(&self) -> HashSet<String> {
        lock(&self.0).workers.values().map(|worker| worker.component.clone()).collect()
    }

    /// Whether a file's worker has this name, be it running or not.
    pub(super) fn is_named(&self, name: &Address) -> bool {
        lock(&self.0).workers.contains_key(name)
    }

    /// Whether an address is that of a file's worker, be it running or not.
    pub(super) fn own(&self, address: &Address) -> bool {
        let owned = lock(&self.0);
        owned.workers.contains_key(address) || owned.further.contains_key(address)
    }

    /// The lock that bringing a worker in line with its files takes.
    pub(super) fn turn(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        lock(&self.0).workers.entry(Address::local(name.as_bytes())).or_default().turn.clone()
    }

    /// The worker, if it has not stopped.
    pub(super) fn running(&self, name: &Address) -> Option<Arc<Cell>> {
        match &lock(&self.0).workers.get(name)?.fate {
            Fate::Runs(cell) if cell.state() != State::Stopped => Some(cell.clone()),
            _ => None,
        }
    }

    /// Somebody has had this generation give way: only who asks for it by hand has it again.
    pub(super) fn decline(&self, name: &Address, generation: Arc<Generation>) {
        if let Some(worker) = lock(&self.0).workers.get_mut(name) {
            worker.declined = Some(generation);
        }
    }

    /// Whether somebody has had what files with these bytes and settings ask for stop, or give
    /// way: it stays so, as long as they are the same.
    #[cfg(feature = "watch")]
    pub(super) fn is_unwanted(
        &self,
        name: &Address,
        digest: &blake3::Hash,
        options: &WorkerOptions,
    ) -> bool {
        let owned = lock(&self.0);
        let Some(worker) = owned.workers.get(name) else { return false };
        let stopped = match &worker.fate {
            Fate::Runs(cell) if cell.state() == State::Stopped => Some(cell.generation()),
            _ => None,
        };
        let mut unwanted = stopped.iter().chain(&worker.declined);
        unwanted.any(|generation| generation.is_of(digest, options))
    }

    /// The worker has started.
    pub(super) fn started(&self, cell: &Arc<Cell>) {
        if let Some(worker) = lock(&self.0).workers.get_mut(Recipient::address(&**cell)) {
            worker.fate = Fate::Runs(cell.clone());
            worker.refused = None;
            worker.lacks.clear();
        }
    }

    /// The worker is as its files ask.
    pub(super) fn accepted(&self, name: &Address) {
        if let Some(worker) = lock(&self.0).workers.get_mut(name) {
            worker.refused = None;
            worker.declined = None;
        }
    }

    /// The worker is not as its files ask. False if that was so already, for this reason.
    pub(super) fn failed(&self, name: &str, why: &str) -> bool {
        let mut owned = lock(&self.0);
        let Some(worker) = owned.workers.get_mut(&Address::local(name.as_bytes())) else {
            return true;
        };
        worker.lacks.clear();
        worker.hindrance = None;
        worker.parked = false;
        let before = worker.refused.replace(why.into());
        let runs = matches!(&worker.fate, Fate::Runs(cell) if cell.state() != State::Stopped);
        if !runs {
            worker.fate = Fate::Failed(why.into());
        }
        before.as_deref() != Some(why)
    }

    /// What stands in the way of a worker that was refused.
    pub(super) fn hinder(&self, name: &Address, by: Hindrance) {
        if let Some(worker) = lock(&self.0).workers.get_mut(name) {
            worker.hindrance = Some(by);
        }
    }

    /// The worker was refused since it has failed too often while it started.
    pub(super) fn park(&self, name: &Address) {
        if let Some(worker) = lock(&self.0).workers.get_mut(name) {
            worker.parked = true;
        }
    }

    /// The names of those whose hindrance is gone. `is_free` says whether an address is.
    #[cfg(feature = "watch")]
    pub(super) fn unhindered(&self, is_free: impl Fn(&Address) -> bool) -> Vec<String> {
        let hindered: Vec<_> = {
            let owned = lock(&self.0);
            let all = owned.workers.iter().filter(|(_, worker)| worker.refused.is_some());
            let by = |worker: &Worker| match worker.hindrance.as_ref()? {
                Hindrance::Taken(address) => Some(Some(address.clone())),
                Hindrance::Circle => Some(None),
            };
            all.filter_map(|(name, worker)| Some((name.clone(), by(worker)?))).collect()
        };
        let is_gone = |(name, taken): &(Address, Option<Address>)| match taken {
            Some(address) => is_free(address) && (address == name || !self.is_named(address)),
            None => self.circle(&name.to_string(), &self.needs_of(name)).is_none(),
        };
        hindered.into_iter().filter(is_gone).map(|(name, _)| name.to_string()).collect()
    }

    /// The worker waits for others. Whether that is something new.
    pub(super) fn waits(&self, name: &str, lacking: Vec<Address>, why: &str) -> bool {
        let is_new = self.failed(name, why);
        if let Some(worker) = lock(&self.0).workers.get_mut(&Address::local(name.as_bytes())) {
            worker.lacks = lacking;
        }
        is_new
    }

    /// The names of those that wait, of which what they lack is so.
    pub(super) fn waiting(&self, is_so: impl Fn(&[Address]) -> bool) -> Vec<String> {
        let owned = lock(&self.0);
        let waits = |worker: &Worker| !worker.lacks.is_empty() && is_so(&worker.lacks);
        let names = owned.workers.iter().filter(|(_, worker)| waits(worker));
        names.map(|(name, _)| name.to_string()).collect()
    }

    /// Whether a worker waits for others.
    pub(super) fn is_waiting(&self, name: &str) -> bool {
        let name = Address::local(name.as_bytes());
        lock(&self.0).workers.get(&name).is_some_and(|worker| !worker.lacks.is_empty())
    }

    /// Whether anyone waits for this worker, and may start now.
    pub(super) fn is_waited_for(&self, worker: &Address) -> bool {
        let owned = lock(&self.0);
        owned.started && owned.workers.values().any(|other| other.lacks.contains(worker))
    }

    pub(super) fn all_have_started(&self) {
        lock(&self.0).started = true;
    }

    /// What a worker needs.
    pub(super) fn needs_of(&self, worker: &Address) -> Vec<Address> {
        let owned = lock(&self.0);
        owned.workers.get(worker).map_or_else(Vec::new, |worker| worker.needs.clone())
    }

    /// The names of workers that wait for each other, from `name` on and back to it, if it is
    /// one of them.
    pub(super) fn circle(&self, name: &str, lacking: &[Address]) -> Option<Vec<String>> {
        let owned = lock(&self.0);
        let goal = Address::local(name.as_bytes());
        let (mut seen, mut ways) = (HashSet::new(), Vec::new());
        ways.extend(lacking.iter().map(|first| vec![first.clone()]));
        while let Some(way) = ways.pop() {
            let Some(last) = way.last().cloned() else { continue };
            if last == goal {
                return Some(way.iter().map(|one| format!("`{one}`")).collect());
            }
            let needs = owned.workers.get(&last).map_or(&[][..], |worker| &worker.needs);
            for next in needs.iter().filter(|next| seen.insert((*next).clone())) {
                ways.push(way.iter().chain([next]).cloned().collect());
            }
        }
        None
    }

    /// Why a worker does not run as its files ask now, if that is so.
    pub(super) fn refused(&self, name: &Address) -> Option<String> {
        lock(&self.0).workers.get(name)?.refused.clone()
    }

    /// Those that do not run: they failed to start, or have stopped since.
    pub(super) fn absent(&self) -> Vec<WorkerStatus> {
        let owned = lock(&self.0);
        owned.workers.iter().filter_map(|(name, worker)| worker.absent(name)).collect()
    }

    /// The names of those.
    #[cfg(feature = "cli")]
    pub(super) fn each_absent(&self, mut see: impl FnMut(&Address)) {
        let owned = lock(&self.0);
        let absent = owned.workers.iter().filter(|(_, worker)| match &worker.fate {
            Fate::Waits => false,
            Fate::Runs(cell) => cell.state() == State::Stopped,
            Fate::Failed(_) => true,
        });
        absent.for_each(|(name, _)| see(name));
    }

    /// The same of one.
    pub(super) fn absent_one(&self, address: &Address) -> Option<WorkerStatus> {
        lock(&self.0).workers.get(address)?.absent(address)
    }

    /// The names of all.
    pub(super) fn names(&self) -> Vec<String> {
        lock(&self.0).workers.keys().map(ToString::to_string).collect()
    }
}

impl Worker {
    fn absent(&self, name: &Address) -> Option<WorkerStatus> {
        match &self.fate {
            Fate::Waits => None,
            Fate::Runs(cell) => cell.status().filter(|status| status.state == State::Stopped),
            Fate::Failed(why) => {
                let state = match self.lacks.is_empty() {
                    true if self.parked => State::Parked,
                    true => State::Stopped,
                    false => State::Waiting,
                };
                let mut status = WorkerStatus::new(name.clone(), state, &Stats::default());
                status.component = Some(self.component.clone());
                status.ended = Some(why.clone());
                Some(status)
            }
        }
    }
}
