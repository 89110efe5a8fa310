//! Workers of the directory that need others: they start once those run, and end before them.

use std::collections::BTreeSet;
use std::sync::Arc;

use skep_protocol::Address;

use crate::config::WorkerOptions;
use crate::events::What;
use crate::node::registry::Registry;
use crate::node::starting::{Audience, Starting};
use crate::router::Recipient;

impl Registry {
    /// What a worker needs and does not find.
    pub(super) fn lacking(&self, options: &WorkerOptions) -> Vec<Address> {
        let runs =
            |need: &&Address| self.core.router.find(need).is_some_and(|found| found.is_open());
        options.needs.iter().filter(|need| !runs(need)).cloned().collect()
    }

    /// A worker waits for others; said once.
    pub(super) fn waits(&self, name: &str, lacking: Vec<Address>) -> String {
        let shown: Vec<_> = lacking.iter().map(|need| format!("`{need}`")).collect();
        let why = match self.files.circle(name, &lacking) {
            Some(circle) => circle_words(&circle),
            None => format!("waits for {}, which does not run", shown.join(" and ")),
        };
        if self.files.waits(name, lacking, &why) {
            let worker = Address::local(name.as_bytes());
            self.core.events.worker(&worker, None, What::Waits { reason: why.clone() });
        }
        why
    }

    /// Start those that waited for others which run now, and then those that waited for
    /// these. Says which there were.
    pub(super) async fn start_waiting(self: &Arc<Self>) -> BTreeSet<String> {
        let mut tried = BTreeSet::new();
        loop {
            let has_all = |lacking: &[Address]| {
                let runs = |need| self.core.router.find(need).is_some_and(|one| one.is_open());
                lacking.iter().all(runs)
            };
            let mut ready = self.files.waiting(has_all);
            ready.retain(|name| !tried.contains(name));
            if ready.is_empty() {
                return tried;
            }
            for name in ready {
                // What came of it is logged, and shown with the worker.
                let _ = Box::pin(self.bring_by_name(&name)).await;
                tried.insert(name);
            }
        }
    }

    /// Those that still wait once all others have started.
    pub(super) async fn start_waiting_at_first(self: &Arc<Self>, audience: &Audience) {
        for name in self.start_waiting().await {
            match self.files.refused(&Address::local(name.as_bytes())) {
                None => audience.tell(Starting::Done(&name)),
                Some(why) => audience.tell(Starting::Failed(&name, &why)),
            }
        }
        for name in self.files.waiting(|_| true) {
            let why = self.files.refused(&Address::local(name.as_bytes())).unwrap_or_default();
            audience.tell(Starting::Waits(&name, &why));
        }
        self.files.all_have_started();
    }

    /// A worker runs: those that waited for it may, too.
    pub(super) fn started_one(self: &Arc<Self>, worker: &Address) {
        if self.files.is_waited_for(worker) {
            let this = self.clone();
            tokio::spawn(async move { this.start_waiting().await });
        }
    }

    /// Those among the workers that none of the others needs.
    pub(super) fn unneeded(&self, all: &[Arc<dyn Recipient>]) -> Vec<Arc<dyn Recipient>> {
        let needed: BTreeSet<_> =
            all.iter().flat_map(|worker| self.files.needs_of(worker.address())).collect();
        let free = |worker: &&Arc<dyn Recipient>| !needed.contains(worker.address());
        let found: Vec<_> = all.iter().filter(free).cloned().collect();
        // In a circle each is needed.
        if found.is_empty() { all.to_vec() } else { found }
    }
}

/// What is said of workers that wait for each other.
pub(super) fn circle_words(circle: &[String]) -> String {
    format!("waits for {}: a circle, in which none can start", circle.join(" for "))
}
