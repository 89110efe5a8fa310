//! Messages that no one will handle, kept with the reason: the newest, up to a
//! count and a size.

use std::collections::VecDeque;
use std::time::SystemTime;

use bytes::Bytes;
use skep_protocol::{Address, Route};

use crate::config::MIB;
use crate::router::message::STOP_WEIGHT;
use crate::sync::{Mutex, lock};

/// The most letters and bytes that are kept; then the oldest go.
const MOST_LETTERS: usize = 1_000;
const MOST_BYTES: usize = 16 * MIB;

/// A message that no one will handle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Counted from 1 since the node started.
    pub number: u64,
    /// When it was given up.
    pub at: SystemTime,
    /// Whom it was for.
    pub to: Address,
    /// What was left of its way after that.
    pub onward_route: Route,
    /// The way back to where it came from, without a request that waited at its end.
    pub return_route: Route,
    /// Who put it on its way.
    pub origin: super::Origin,
    /// Why nobody will handle it.
    pub reason: String,
    /// How often it was delivered.
    pub attempts: u32,
    /// What it said.
    pub payload: Bytes,
}

impl DeadLetter {
    /// What it counts for: all of it that somebody else chose.
    fn weight(&self) -> usize {
        let stops = self.onward_route.len() + self.return_route.len();
        self.payload.len() + self.reason.len() + STOP_WEIGHT * stops
    }
}

/// The dead letters of a node.
#[derive(Debug, Default)]
pub(crate) struct DeadLetters(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    letters: VecDeque<DeadLetter>,
    bytes: usize,
    total: u64,
}

impl DeadLetters {
    /// Keep a letter; it gets its number here.
    pub(crate) fn add(&self, mut letter: DeadLetter) {
        let mut kept = lock(&self.0);
        kept.total += 1;
        letter.number = kept.total;
        kept.bytes += letter.weight();
        kept.letters.push_back(letter);
        while kept.letters.len() > MOST_LETTERS || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.letters.pop_front() else { break };
            kept.bytes -= oldest.weight();
        }
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        lock(&self.0).letters.len()
    }

    /// What is kept, oldest first.
    pub(crate) fn list(&self) -> Vec<DeadLetter> {
        lock(&self.0).letters.iter().cloned().collect()
    }

    /// Take one out.
    pub(crate) fn take(&self, number: u64) -> Option<DeadLetter> {
        let mut kept = lock(&self.0);
        let index = kept.letters.iter().position(|letter| letter.number == number)?;
        let letter = kept.letters.remove(index)?;
        kept.bytes -= letter.weight();
        Some(letter)
    }

    /// Take all out; says how many there were.
    pub(crate) fn clear(&self) -> usize {
        let mut kept = lock(&self.0);
        kept.bytes = 0;
        std::mem::take(&mut kept.letters).len()
    }
}
