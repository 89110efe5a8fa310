//! A change history: the keys that an identity has had, each signed by the one before.

use minicbor::Decoder;
use skep_protocol::Identifier;

use super::hash::sha256;
use super::keys::SignatureError;
use super::wire::{self, CHANGE, Change, ChangeData, PublicKey, Unreadable, Versioned};

/// The most changes of a history. Each costs its reader two signatures to verify, which
/// anybody may ask of a listener.
pub const MAX_CHANGES: usize = 32;

/// The most bytes of a history: as many changes as there may be, with room to spare.
pub const MAX_HISTORY: usize = 16 << 10;

/// The keys that an identity has had. All their signatures are right, and each but the
/// first was signed by the key before it.
#[derive(Clone)]
pub struct History {
    /// As they came: they are what was signed.
    bytes: Box<[u8]>,
    /// Of each change, oldest first.
    hashes: Vec<[u8; 32]>,
    newest: Newest,
}

/// What the newest change says.
#[derive(Clone)]
pub(super) struct Newest {
    pub(super) key: PublicKey,
    pub(super) hash: [u8; 32],
    pub(super) valid_from: u64,
    pub(super) valid_until: u64,
}

/// What two histories are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They have the same changes.
    Equal,
    /// This one goes on where the other ends.
    Newer,
    /// The other one goes on where this one ends.
    Older,
    /// They go on from somewhere in different ways, or have different beginnings.
    Conflict,
}

/// Why bytes are not the history of an identity. Changes are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// It has no change.
    #[error("a change history is empty")]
    Empty,
    /// It has more than [`MAX_CHANGES`] changes.
    #[error("a change history has more than {MAX_CHANGES} changes")]
    TooManyChanges,
    /// It has more than [`MAX_HISTORY`] bytes.
    #[error("a change history has more than {MAX_HISTORY} bytes")]
    TooLong,
    /// It is not of the form that it should be of.
    #[error("a change history is malformed")]
    Malformed,
    /// A change is of another version.
    #[error("change {change} has version {version}")]
    Version {
        /// Which one.
        change: usize,
        /// What it says.
        version: u8,
    },
    /// Something else stands where a change should be.
    #[error("change {change} is of type {kind}")]
    Kind {
        /// Which one.
        change: usize,
        /// What it says.
        kind: u8,
    },
    /// A change is not signed by the key that it brings.
    #[error("change {0} is not signed by its own key")]
    OwnSignature(usize),
    /// The first change says that there was one before.
    #[error("the first change has one before it")]
    First,
    /// A change does not name the one before it.
    #[error("change {0} does not follow the one before it")]
    Previous(usize),
    /// A change is not signed by the key before it: a stranger has made it.
    #[error("change {0} is not signed by the key before it")]
    PreviousSignature(usize),
    /// A change counts from an earlier time than the one before it.
    #[error("change {0} is older than the one before it")]
    Order(usize),
}

impl History {
    /// Reads a history and verifies all of it.
    ///
    /// # Errors
    /// When something of it is not as it has to be.
    pub fn verify(bytes: &[u8]) -> Result<Self, HistoryError> {
        if bytes.len() > MAX_HISTORY {
            return Err(HistoryError::TooLong);
        }
        let mut hashes = Vec::new();
        let mut newest: Option<Newest> = None;
        for change in changes(bytes)? {
            let number = hashes.len() + 1;
            let next = step(&change, number, newest.as_ref())?;
            hashes.push(next.hash);
            newest = Some(next);
        }
        let newest = newest.ok_or(HistoryError::Empty)?;
        Ok(Self { bytes: bytes.into(), hashes, newest })
    }

    /// The identity that a history says it is of. No signature is looked at, so that anybody can
    /// say anybody's; but no other can come out of verifying it.
    ///
    /// # Errors
    /// When it has no first change.
    pub fn claimed(bytes: &[u8]) -> Result<Identifier, HistoryError> {
        if bytes.len() > MAX_HISTORY {
            return Err(HistoryError::TooLong);
        }
        let mut decoder = Decoder::new(bytes);
        let mut changes =
            decoder.array_iter::<Change<'_>>().map_err(|_| HistoryError::Malformed)?;
        let first = changes.next().ok_or(HistoryError::Empty)?;
        let first = first.map_err(|_| HistoryError::Malformed)?;
        Ok(Identifier::new(sha256(first.data)))
    }

    /// The name of the identity.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        Identifier::new(self.hashes.first().copied().unwrap_or(self.newest.hash))
    }

    /// Its bytes, as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many keys there have been. It is never 0.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.hashes.len()
    }

    /// What this history is to another.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Comparison {
        if self.hashes.iter().zip(&other.hashes).any(|(ours, theirs)| ours != theirs) {
            return Comparison::Conflict;
        }
        match self.changes().cmp(&other.changes()) {
            std::cmp::Ordering::Less => Comparison::Older,
            std::cmp::Ordering::Equal => Comparison::Equal,
            std::cmp::Ordering::Greater => Comparison::Newer,
        }
    }

    pub(super) fn newest(&self) -> &Newest {
        &self.newest
    }
}

/// The changes of a history, looked through but not verified.
pub(super) fn changes(bytes: &[u8]) -> Result<Vec<Change<'_>>, HistoryError> {
    let malformed = |_| HistoryError::Malformed;
    let mut decoder = Decoder::new(bytes);
    let mut changes = Vec::new();
    for change in decoder.array_iter().map_err(malformed)? {
        if changes.len() == MAX_CHANGES {
            return Err(HistoryError::TooManyChanges);
        }
        changes.push(change.map_err(malformed)?);
    }
    match decoder.position() == bytes.len() {
        true => Ok(changes),
        false => Err(HistoryError::Malformed),
    }
}

/// Verifies one change, given what the one before it says.
fn step(
    change: &Change<'_>,
    number: usize,
    before: Option<&Newest>,
) -> Result<Newest, HistoryError> {
    let data: ChangeData = Versioned::read(change.data, CHANGE).map_err(|why| match why {
        Unreadable::Malformed => HistoryError::Malformed,
        Unreadable::Version(version) => HistoryError::Version { change: number, version },
        Unreadable::Kind(kind) => HistoryError::Kind { change: number, kind },
    })?;
    let own = data.key.verify(change.data, &change.own);
    own.map_err(|SignatureError| HistoryError::OwnSignature(number))?;
    match before {
        None if data.previous.is_some() || change.previous.is_some() => {
            return Err(HistoryError::First);
        }
        None => {}
        Some(before) => follows(change, &data, number, before)?,
    }
    Ok(Newest {
        key: data.key,
        hash: sha256(change.data),
        valid_from: data.valid_from,
        valid_until: data.valid_until,
    })
}

fn follows(
    change: &Change<'_>,
    data: &ChangeData,
    number: usize,
    before: &Newest,
) -> Result<(), HistoryError> {
    if data.previous != Some(before.hash) {
        return Err(HistoryError::Previous(number));
    }
    let signature = change.previous.as_ref().ok_or(HistoryError::PreviousSignature(number))?;
    let signed = before.key.verify(change.data, signature);
    signed.map_err(|SignatureError| HistoryError::PreviousSignature(number))?;
    match data.valid_from >= before.valid_from {
        true => Ok(()),
        false => Err(HistoryError::Order(number)),
    }
}

/// The bytes of a history with one more change.
pub(super) fn with_change<'a>(
    before: Option<&'a History>,
    change: Change<'a>,
) -> Result<Vec<u8>, HistoryError> {
    let mut all = before.map_or(Ok(Vec::new()), |before| changes(&before.bytes))?;
    all.push(change);
    Ok(wire::encoded(&all))
}

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other) == Comparison::Equal
    }
}

impl Eq for History {}

impl std::fmt::Debug for History {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} with {} changes", self.identifier(), self.changes())
    }
}
