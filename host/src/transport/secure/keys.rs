//! Who this node is, and what it knows of others.

use std::sync::Arc;

use skep_secure::{Identity, KnownHistories, MemoryHistories, Seed};

use crate::sync::{Mutex, lock};
use crate::transport::secure::{SecureError, Shared, now};

/// What keeps a node's identity while it does not run.
pub(crate) trait IdentityStore: Send + Sync {
    /// The identity, unless it was read before; none if there is none either.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn read_if_new(&self) -> Result<Option<Identity>, String>;
    /// Keep one where there is none.
    ///
    /// # Errors
    /// Why it cannot be kept.
    fn create(&self, identity: &Identity) -> Result<(), String>;
    /// Where it is kept.
    fn place(&self) -> String;
}

/// What keeps the histories that a node knows.
pub(crate) trait HistoryStore: KnownHistories + Send + Sync {
    /// Whether they can be believed at all.
    ///
    /// # Errors
    /// Why not.
    fn check(&self) -> Result<(), String>;
}

/// Nobody else has this node's memory.
impl HistoryStore for MemoryHistories {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The node's own identity, and the histories that it knows.
pub(crate) struct Keys {
    /// Where it is kept; none if it ends with the node.
    store: Option<Box<dyn IdentityStore>>,
    known: Box<dyn HistoryStore>,
    current: Mutex<Option<Arc<Identity>>>,
}

impl Keys {
    /// Of a node that keeps nothing on disk: its identity is this one, or a new one each
    /// time.
    pub(crate) fn of_memory(identity: Option<Arc<Identity>>) -> Self {
        let current = Mutex::new(identity);
        Self { store: None, known: Box::new(MemoryHistories::default()), current }
    }

    /// Of a node whose both are kept.
    pub(crate) fn kept(
        store: impl IdentityStore + 'static,
        known: impl HistoryStore + 'static,
    ) -> Self {
        Self { store: Some(Box::new(store)), known: Box::new(known), current: Mutex::new(None) }
    }

    /// What is known of others.
    pub(super) fn known(&self) -> &dyn KnownHistories {
        &*self.known
    }

    /// Whether what is known of others can be believed.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check_known(&self) -> Result<(), SecureError> {
        self.known.check().map_err(SecureError::Known)
    }

    /// Who this node is. It looks at the file: whoever rotates the identity replaces that. May
    /// take as long as the disk does.
    ///
    /// # Errors
    /// Why there is no identity that can be used.
    pub(crate) fn current(&self) -> Result<Arc<Identity>, SecureError> {
        let current = &mut *lock(&self.current);
        let Some(store) = &self.store else {
            if let Some(identity) = current {
                return Ok(identity.clone());
            }
            let identity = new_identity()?;
            return Ok(current.insert(Arc::new(identity)).clone());
        };
        match (store.read_if_new(), current.as_ref()) {
            (Ok(None), Some(known)) => return Ok(known.clone()),
            (Ok(Some(read)), _) => *current = Some(Arc::new(read)),
            (Ok(None), None) => {
                let made = new_identity()?;
                store.create(&made).map_err(SecureError::Identity)?;
                let (place, identity) = (store.place(), made.identifier());
                tracing::info!(target: "skep::secure", %identity, "made this node's identity: {place}");
                *current = Some(Arc::new(made));
            }
            (Err(why), Some(known)) => {
                tracing::error!(target: "skep::secure", "this node goes on as it was: {why}");
                return Ok(known.clone());
            }
            (Err(why), None) => return Err(SecureError::Identity(why)),
        }
        let identity = current.clone().ok_or(SecureError::Closed)?;
        if identity.is_due_for_rotation(now()) {
            tracing::warn!(target: "skep::secure", "the key of this node's identity ends within a year: \
                `skep identity rotate`");
        }
        Ok(identity)
    }
}

impl Shared {
    /// Who this node is, read where it holds nobody up.
    ///
    /// # Errors
    /// As [`Keys::current`].
    pub(super) async fn identity(self: &Arc<Self>) -> Result<Arc<Identity>, SecureError> {
        let me = self.clone();
        let read = self.runtime.spawn_blocking(move || me.keys.current()).await;
        read.map_err(|_| SecureError::Closed)?
    }
}

/// A new identity.
///
/// # Errors
/// When the system gives no randomness.
pub(crate) fn new_identity() -> Result<Identity, SecureError> {
    let made = Identity::create(seed()?, seed()?, now());
    made.map_err(|why| SecureError::Identity(why.to_string()))
}

/// Randomness for one key.
///
/// # Errors
/// When the system gives none.
pub(crate) fn seed() -> Result<Seed, SecureError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|why| SecureError::Identity(format!("the system gives no randomness: {why}")))?;
    Ok(Seed::new(bytes))
}
