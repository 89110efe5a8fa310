//! How the workers are, page by page: however many there are, no more than a page of them is
//! in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use skep_protocol::Address;

use crate::node::Node;
use crate::router::{Recipient, WorkerStatus};

/// The workers of a page, by address; none where a file's worker does not run.
struct Page<'a> {
    after: Option<&'a Address>,
    most: usize,
    found: BTreeMap<Address, Option<Arc<dyn Recipient>>>,
}

impl Page<'_> {
    /// Take one in, if it is among the first so far.
    fn see(&mut self, address: &Address, running: Option<&Arc<dyn Recipient>>) {
        let is_over = self.after.is_some_and(|after| address <= after);
        let is_full = self.found.len() >= self.most;
        if is_over || (is_full && self.found.last_key_value().is_none_or(|last| address > last.0)) {
            return;
        }
        match running {
            // Whoever has the name is the worker, whatever its file has come to before.
            Some(running) => _ = self.found.insert(address.clone(), Some(running.clone())),
            None => _ = self.found.entry(address.clone()).or_default(),
        }
        if self.found.len() > self.most {
            self.found.pop_last();
        }
    }
}

impl Node {
    /// How the workers after this address are, by address, at most so many; with `limits` what
    /// they use of each, which takes the most room. None follow on an empty page.
    pub(crate) fn page(
        &self,
        after: Option<&Address>,
        most: usize,
        limits: bool,
    ) -> Vec<WorkerStatus> {
        let mut page = Page { after, most, found: BTreeMap::new() };
        self.registry.core.router.each(|running| {
            if running.is_worker() {
                page.see(running.address(), Some(running));
            }
        });
        self.registry.files.each_absent(|address| page.see(address, None));
        let status = |(address, running): (Address, Option<Arc<dyn Recipient>>)| match running {
            Some(running) if limits => running.status(),
            Some(running) => running.brief(),
            None => self.registry.files.absent_one(&address),
        };
        page.found.into_iter().filter_map(status).map(|status| self.with_files(status)).collect()
    }

    /// How many workers there are.
    pub(crate) fn worker_count(&self) -> usize {
        let mut count = 0;
        self.registry.core.router.each(|running| count += usize::from(running.is_worker()));
        let is_free = |address: &Address| self.registry.core.router.find(address).is_none();
        self.registry.files.each_absent(|address| count += usize::from(is_free(address)));
        count
    }
}
