//! Who somebody is: a key that signs, and what it has signed.

mod attestation;
#[cfg(test)]
pub(crate) mod forged;
mod hash;
mod history;
mod keys;
mod secret;
#[cfg(test)]
mod tests;
mod text;
mod wire;

pub use attestation::{AttestationError, MAX_DRIFT};
pub use history::{Comparison, History, HistoryError, MAX_CHANGES, MAX_HISTORY};
pub use keys::SignatureError;
pub use secret::{ATTESTATION_LIFETIME, Identity, IdentityError, KEY_LIFETIME};
pub use skep_protocol::{Identifier, IdentifierError};
pub use text::TextError;

pub(crate) use attestation::Attestation;
#[cfg(test)]
pub(crate) use keys::counted;
