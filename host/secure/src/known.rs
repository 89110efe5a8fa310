//! The histories that were seen before.
//!
//! A key that was rotated away is only refused by those who know of the rotation. So they
//! remember it, and should do so on disk: otherwise it is taken again after a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::identity::{Comparison, History, Identifier};

/// Where the histories are kept that were seen before.
///
/// A history comes here only after all else was verified, and only if it has more than one
/// change: what is older than a first change is nothing, and nothing can contradict it.
pub trait KnownHistories {
    /// The history that is known for an identity.
    ///
    /// # Errors
    /// When it cannot be told. The peer is refused then.
    fn lookup(&self, identity: &Identifier) -> Result<Option<History>, KnownError>;

    /// Keeps a history, unless the one that is known by now [denies](admit) it: somebody
    /// else may have stored one since [`lookup`](Self::lookup). Once this returns it has to
    /// be there for good.
    ///
    /// # Errors
    /// When it cannot be kept. The peer is refused then.
    fn store(&self, history: &History) -> Result<(), KnownError>;
}

/// Why a peer is refused for what is known, or is not known, of its history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KnownError {
    /// It shows an older history than it has: with a key that was rotated away.
    #[error("the peer shows an older history than is known")]
    Rollback,
    /// Its history contradicts the one that is known: two have gone on from one key.
    #[error("the peer's history contradicts the one that is known")]
    Conflict,
    /// There is no room for one more.
    #[error("there is no room for one more known history")]
    Full,
    /// What is known cannot be read or kept.
    #[error("known histories: {0}")]
    Storage(String),
}

/// Whether a history may follow the one that is known; true if it is newer, and so has to
/// be kept.
///
/// # Errors
/// When it may not.
pub fn admit(history: &History, known: Option<&History>) -> Result<bool, KnownError> {
    let Some(known) = known else {
        return Ok(history.changes() > 1);
    };
    match history.compare(known) {
        Comparison::Equal => Ok(false),
        Comparison::Newer => Ok(true),
        Comparison::Older => Err(KnownError::Rollback),
        Comparison::Conflict => Err(KnownError::Conflict),
    }
}

/// Known histories in memory: they are forgotten with it.
#[derive(Debug)]
pub struct MemoryHistories {
    most: usize,
    histories: Mutex<HashMap<Identifier, History>>,
}

impl MemoryHistories {
    /// Room for the histories of at most so many identities.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, histories: Mutex::default() }
    }
}

impl Default for MemoryHistories {
    /// Room for 10,000: some megabytes when all of them have been rotated.
    fn default() -> Self {
        Self::new(10_000)
    }
}

impl KnownHistories for MemoryHistories {
    fn lookup(&self, identity: &Identifier) -> Result<Option<History>, KnownError> {
        let histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(histories.get(identity).cloned())
    }

    fn store(&self, history: &History) -> Result<(), KnownError> {
        let mut histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = history.identifier();
        let known = histories.get(&identity);
        if !admit(history, known)? {
            return Ok(());
        }
        if known.is_none() && histories.len() >= self.most {
            return Err(KnownError::Full);
        }
        histories.insert(identity, history.clone());
        Ok(())
    }
}
