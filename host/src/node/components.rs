//! The components that workers may be started from, by name: each as long as a worker that
//! brought it lives, or a file of the directory asks for it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use crate::router::State;
use crate::sync::{Mutex, lock};
use crate::worker::{Cell, Generation};

/// The components of a node.
#[derive(Default)]
pub(super) struct Components(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_name: HashMap<String, Component>,
    /// How many were left when it was last seen which are needed.
    needed: usize,
}

struct Component {
    /// How workers made from it run.
    made_from: Arc<Generation>,
    brought_by: Vec<Weak<Cell>>,
}

/// Below this many nobody looks which are needed.
const FEW: usize = 64;

impl Components {
    /// Whoever is started from this name from now on is made as `cell` is. `asked_for` are
    /// the names that files ask for.
    pub(super) fn keep(
        &self,
        name: &str,
        cell: &Arc<Cell>,
        asked_for: impl FnOnce() -> HashSet<String>,
    ) {
        let mut kept = lock(&self.0);
        let made_from = cell.generation();
        let entry = kept.by_name.entry(name.into());
        let component = entry
            .and_modify(|component| component.made_from = made_from.clone())
            .or_insert_with(|| Component { made_from, brought_by: Vec::new() });
        component.brought_by.retain(lives);
        if !component.brought_by.iter().any(|one| one.as_ptr() == Arc::as_ptr(cell)) {
            component.brought_by.push(Arc::downgrade(cell));
        }
        // Workers that stop by themselves leave theirs behind.
        if kept.by_name.len() > FEW.max(2 * kept.needed) {
            let asked_for = asked_for();
            kept.by_name.retain(|name, one| asked_for.contains(name) || one.is_used());
            kept.needed = kept.by_name.len();
        }
    }

    /// What workers of this name are made from.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Generation>> {
        lock(&self.0).by_name.get(name).map(|component| component.made_from.clone())
    }

    /// A worker has stopped, or a file is gone: the component is, too, unless others need it.
    pub(super) fn forget(&self, name: &str, asked_for: impl FnOnce() -> HashSet<String>) {
        let mut kept = lock(&self.0);
        let is_unused = kept.by_name.get(name).is_some_and(|one| !one.is_used());
        if is_unused && !asked_for().contains(name) {
            kept.by_name.remove(name);
        }
    }
}

impl Component {
    fn is_used(&self) -> bool {
        self.brought_by.iter().any(lives)
    }
}

fn lives(cell: &Weak<Cell>) -> bool {
    cell.upgrade().is_some_and(|cell| cell.state() != State::Stopped)
}
