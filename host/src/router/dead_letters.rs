//! Messages that no one will handle, kept with the reason: the newest, up to a
//! count and a size.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
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
    letters: BTreeMap<u64, (Arc<Address>, DeadLetter)>,
    shares: HashMap<Arc<Address>, Share>,
    bytes: usize,
    total: u64,
}

/// What is kept of one worker's.
#[derive(Debug, Default)]
struct Share {
    numbers: VecDeque<u64>,
    bytes: usize,
}

impl DeadLetters {
    /// Keep a letter that a worker is answerable for; it gets its number here. Where there
    /// is no room, the oldest of whoever has most makes it: nobody's flood costs others theirs.
    pub(crate) fn add(&self, worker: &Address, mut letter: DeadLetter) {
        let mut kept = lock(&self.0);
        kept.total += 1;
        letter.number = kept.total;
        kept.put(worker, letter);
        while kept.letters.len() > MOST_LETTERS {
            kept.drop_oldest_of(|share| share.numbers.len());
        }
        while kept.bytes > MOST_BYTES {
            kept.drop_oldest_of(|share| share.bytes);
        }
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        lock(&self.0).letters.len()
    }

    /// What is kept, oldest first.
    pub(crate) fn list(&self) -> Vec<DeadLetter> {
        lock(&self.0).letters.values().map(|(_, letter)| letter.clone()).collect()
    }

    /// Take one out.
    pub(crate) fn take(&self, number: u64) -> Option<DeadLetter> {
        lock(&self.0).take(number)
    }

    /// Take all out; says how many there were.
    pub(crate) fn clear(&self) -> usize {
        let mut kept = lock(&self.0);
        let total = kept.total;
        std::mem::replace(&mut *kept, Kept { total, ..Kept::default() }).letters.len()
    }
}

impl Kept {
    fn put(&mut self, worker: &Address, letter: DeadLetter) {
        let known = self.shares.get_key_value(worker).map(|(worker, _)| worker.clone());
        let worker = known.unwrap_or_else(|| Arc::new(worker.clone()));
        let share = self.shares.entry(worker.clone()).or_default();
        share.numbers.push_back(letter.number);
        share.bytes += letter.weight();
        self.bytes += letter.weight();
        self.letters.insert(letter.number, (worker, letter));
    }

    fn take(&mut self, number: u64) -> Option<DeadLetter> {
        let (worker, letter) = self.letters.remove(&number)?;
        self.bytes -= letter.weight();
        if let Some(share) = self.shares.get_mut(&worker) {
            share.bytes -= letter.weight();
            match share.numbers.front() {
                Some(oldest) if *oldest == number => drop(share.numbers.pop_front()),
                _ => share.numbers.retain(|kept| *kept != number),
            }
            if share.numbers.is_empty() {
                self.shares.remove(&worker);
            }
        }
        Some(letter)
    }

    /// The oldest letter goes of whoever has the greatest share.
    fn drop_oldest_of(&mut self, size: impl Fn(&Share) -> usize) {
        let greatest = self.shares.values().max_by_key(|share| size(share));
        let oldest = greatest.and_then(|share| share.numbers.front().copied());
        if let Some(number) = oldest {
            self.take(number);
        }
    }
}
