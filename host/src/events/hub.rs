//! Tells what happens to all who listen, without ever waiting for one of them.

use std::collections::VecDeque;
use std::time::SystemTime;

use skep_protocol::Address;
use tokio::sync::broadcast;

use super::{Event, Events, What};
use crate::sanitize::{brief, printable};
use crate::sync::{Mutex, lock};

/// Events that wait for a listener; of one that is slower the oldest are lost.
const WAITING: usize = 1_024;
/// The last events that are kept, for those who come later.
const KEPT: usize = 256;

/// Where a node's events come together.
#[derive(Debug)]
pub(crate) struct Hub(Mutex<State>);

#[derive(Debug)]
struct State {
    /// None once the node has stopped.
    listeners: Option<broadcast::Sender<Event>>,
    kept: VecDeque<Event>,
    /// How many there were.
    number: u64,
    is_stopping: bool,
}

impl Default for Hub {
    fn default() -> Self {
        let listeners = Some(broadcast::Sender::new(WAITING));
        let kept = VecDeque::new();
        Self(Mutex::new(State { listeners, kept, number: 0, is_stopping: false }))
    }
}

impl Hub {
    /// Something happened to the node itself.
    pub(crate) fn node(&self, what: What) {
        self.tell(None, None, what, false);
    }

    /// Something happened to a worker of this generation.
    pub(crate) fn worker(&self, worker: &Address, generation: Option<u32>, what: What) {
        self.tell(Some(worker), generation, what, false);
    }

    /// The same of one of many: logged for those who debug, and told to those who listen
    /// just then.
    pub(crate) fn in_passing(&self, worker: &Address, generation: Option<u32>, what: What) {
        self.tell(Some(worker), generation, what, true);
    }

    fn tell(&self, worker: Option<&Address>, generation: Option<u32>, what: What, passing: bool) {
        let worker = worker.cloned();
        let mut event = Event { number: 0, at: SystemTime::now(), worker, generation, what };
        if let Some(reason) = event.what.reason_mut() {
            // Cut first: what is escaped is longer.
            *reason = printable(&brief(std::mem::take(reason)));
        }
        event.log(passing);
        let mut state = lock(&self.0);
        state.number += 1;
        event.number = state.number;
        if !passing {
            if state.kept.len() == KEPT {
                state.kept.pop_front();
            }
            state.kept.push_back(event.clone());
        }
        if let Some(listeners) = &state.listeners {
            // Nobody may listen.
            let _ = listeners.send(event);
        }
    }

    /// The node has begun to stop; said once, however often it is told to.
    pub(crate) fn stopping(&self) {
        if !std::mem::replace(&mut lock(&self.0).is_stopping, true) {
            self.node(What::NodeStopping);
        }
    }

    /// Listen: from now on, or with `past` from the oldest on that is kept.
    pub(crate) fn listen(&self, past: bool) -> Events {
        let state = lock(&self.0);
        let kept = if past { state.kept.clone() } else { VecDeque::new() };
        Events::new(kept, state.listeners.as_ref().map(broadcast::Sender::subscribe))
    }

    /// The node has stopped: nothing more will happen.
    pub(crate) fn close(&self) {
        lock(&self.0).listeners = None;
    }
}
