//! Who this node is, and what it knows of others.

use std::sync::Arc;

use skep_secure::{Identity, KnownHistories, MemoryHistories, Seed};

use crate::loader::{FileHistories, IdentityFile};
use crate::sync::{Mutex, lock};
use crate::transport::secure::{SecureError, Shared, now};

/// The node's own identity, and the histories that it knows.
pub(crate) struct Keys {
    /// Where it is kept; none if it ends with the node.
    file: Option<IdentityFile>,
    known: Box<dyn KnownHistories + Send + Sync>,
    current: Mutex<Option<Arc<Identity>>>,
}

impl Keys {
    /// Of a node that keeps nothing on disk: its identity is this one, or a new one each
    /// time.
    pub(crate) fn of_memory(identity: Option<Arc<Identity>>) -> Self {
        let current = Mutex::new(identity);
        Self { file: None, known: Box::new(MemoryHistories::default()), current }
    }

    /// Of a node that keeps both in its directory.
    pub(crate) fn of_files(file: IdentityFile, known: FileHistories) -> Self {
        Self { file: Some(file), known: Box::new(known), current: Mutex::new(None) }
    }

    /// What is known of others.
    pub(super) fn known(&self) -> &dyn KnownHistories {
        &*self.known
    }

    /// Who this node is. It looks at the file: whoever rotates the identity replaces that. May
    /// take as long as the disk does.
    ///
    /// # Errors
    /// Why there is no identity that can be used.
    pub(crate) fn current(&self) -> Result<Arc<Identity>, SecureError> {
        let current = &mut *lock(&self.current);
        let unusable = |why: &dyn std::fmt::Display| SecureError::Identity(why.to_string());
        let Some(file) = &self.file else {
            if let Some(identity) = current {
                return Ok(identity.clone());
            }
            let identity = new_identity()?;
            return Ok(current.insert(Arc::new(identity)).clone());
        };
        match (file.read_if_new(), current.as_ref()) {
            (Ok(None), Some(known)) => return Ok(known.clone()),
            (Ok(Some(read)), _) => *current = Some(Arc::new(read)),
            (Ok(None), None) => {
                let made = new_identity()?;
                file.create(&made).map_err(|why| unusable(&why))?;
                let (path, identity) = (file.path().display(), made.identifier());
                tracing::info!(target: "skep::secure", %identity, "made this node's identity: {path}");
                *current = Some(Arc::new(made));
            }
            (Err(why), Some(known)) => {
                tracing::error!(target: "skep::secure", "this node goes on as it was: {why}");
                return Ok(known.clone());
            }
            (Err(why), None) => return Err(unusable(&why)),
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
