//! The identity of a node, which is kept in its directory.

use std::path::Path;

use serde::Serialize;
use skep_secure::Identity;

use crate::error::{LoadError, SecureError};
use crate::loader::{Directory, IdentityFile};
use crate::transport::secure::{new_identity, now, seed};

/// Who a node is. Names and meanings are stable; keys may be added.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityInfo {
    /// The name that others know it by: `I` and 64 hexadecimal digits.
    pub identifier: String,
    /// How many keys it has had, the current one included.
    pub keys: usize,
    /// Until when others take what it shows of itself, in seconds since 1970. A node renews
    /// that in time.
    pub expires_at: u64,
    /// Where it is kept.
    pub file: String,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityFailure {
    /// There is none.
    #[error(
        "{0}: is not there: `skep identity create` makes one, and so does a node that needs it"
    )]
    None(String),
    /// There is one.
    #[error("{0}: is there already: `skep identity rotate` gives it another key")]
    Some(String),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] LoadError),
    /// It cannot be made.
    #[error(transparent)]
    Secure(#[from] SecureError),
    /// It cannot have another key.
    #[error(transparent)]
    Identity(#[from] skep_secure::identity::IdentityError),
}

/// Who the node of a directory is.
///
/// # Errors
/// When that cannot be told, or it is nobody yet.
pub fn identity(directory: &Path) -> Result<IdentityInfo, IdentityFailure> {
    let file = Directory::at(directory).identity();
    let identity = read(&file)?;
    Ok(describe(&identity, &file))
}

/// Make an identity for the node of a directory, which is made where there is none.
///
/// # Errors
/// When there is one, or it cannot be kept.
pub fn create_identity(directory: &Path) -> Result<IdentityInfo, IdentityFailure> {
    let directory = Directory::at(directory);
    let file = directory.identity();
    if file.path().symlink_metadata().is_ok() {
        return Err(IdentityFailure::Some(file.path().display().to_string()));
    }
    directory.create_workers()?;
    let identity = new_identity()?;
    file.create(&identity)?;
    Ok(describe(&identity, &file))
}

/// Give the identity of a directory's node another key, signed by the one so far.
///
/// # Errors
/// When there is none, or it cannot be kept.
pub fn rotate_identity(directory: &Path) -> Result<IdentityInfo, IdentityFailure> {
    let file = Directory::at(directory).identity();
    let identity = read(&file)?.rotate(seed()?, seed()?, now())?;
    file.replace(&identity)?;
    Ok(describe(&identity, &file))
}

fn read(file: &IdentityFile) -> Result<Identity, IdentityFailure> {
    let none = || IdentityFailure::None(file.path().display().to_string());
    file.read()?.ok_or_else(none)
}

fn describe(identity: &Identity, file: &IdentityFile) -> IdentityInfo {
    IdentityInfo {
        identifier: identity.identifier().to_string(),
        keys: identity.history().changes(),
        expires_at: identity.expires_at(),
        file: file.path().display().to_string(),
    }
}
