//! One who listens to what happens.

use std::collections::VecDeque;
use std::time::SystemTime;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{Event, What};

/// What happens to a node and its workers, one by one. At most 1,024 events wait to be
/// taken; beyond that the oldest are lost, and [`What::Lost`] says how many.
#[derive(Debug)]
pub struct Events {
    past: VecDeque<Event>,
    /// None once the node has stopped.
    to_come: Option<Receiver<Event>>,
}

impl Events {
    pub(super) fn new(past: VecDeque<Event>, to_come: Option<Receiver<Event>>) -> Self {
        Self { past, to_come }
    }

    /// Wait for the next event; none when the node has stopped.
    pub async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.past.pop_front() {
            return Some(event);
        }
        match self.to_come.as_mut()?.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(lost(count)),
            Err(RecvError::Closed) => {
                self.to_come = None;
                None
            }
        }
    }

    /// Of those that are over, leave out what does not `concern` somebody, and all but the
    /// last `most` of the rest.
    #[cfg(feature = "cli")]
    pub(crate) fn keep_last(&mut self, most: usize, concern: impl Fn(&Event) -> bool) {
        self.past.retain(concern);
        self.past.drain(..self.past.len().saturating_sub(most));
    }
}

fn lost(count: u64) -> Event {
    let (at, what) = (SystemTime::now(), What::Lost { count });
    Event { number: 0, at, worker: None, generation: None, what }
}
