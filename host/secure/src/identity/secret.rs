//! One's own identity: the key that signs for it, and the key that it lends to channels.

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use skep_protocol::Identifier;

use super::attestation::{Attestation, AttestationError};
use super::hash::sha256;
use super::history::{History, HistoryError, MAX_CHANGES, with_change};
use super::wire::{
    self, ATTESTATION, AttestationData, CHANGE, Change, ChangeData, PublicKey, PurposeKey,
    Signature, Signed,
};
use crate::pair::Pair;
use crate::seed::Seed;

/// For how many seconds an identity's key is valid: ten years, as with Ockam.
pub const KEY_LIFETIME: u64 = 315_360_000;
/// For how many seconds an attestation is: five years, as with Ockam.
pub const ATTESTATION_LIFETIME: u64 = 157_680_000;
/// So many seconds before it ends an attestation is due to be renewed: 90 days. A node
/// that is started once a season never shows one that has expired.
const RENEWED_BEFORE: u64 = 90 * 86_400;
/// An attestation is not renewed to gain less than these seconds: a day.
const WORTH_IT: u64 = 86_400;
/// So many seconds before it ends a key is due to be rotated: a year, since somebody has
/// to do that, and others have to have seen it.
const ROTATED_BEFORE: u64 = 365 * 86_400;

/// One's own identity, with its secrets. They are wiped when it is dropped.
///
/// It signs its own changes and attestations and nothing else: whoever could have a hash
/// of his own signed by it could make a change of it.
pub struct Identity {
    key: SigningKey,
    history: History,
    purpose: Purpose,
    /// What is shown to a peer. Built once, used by each handshake.
    presented: Arc<[u8]>,
}

/// The key that handshakes use, and what makes it count.
struct Purpose {
    key: Pair,
    /// Its bytes.
    attestation: Vec<u8>,
    expires_at: u64,
}

/// Why something cannot be done with one's own identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Its key is no longer valid: it has to be rotated.
    #[error("the identity's key has expired: rotate it")]
    KeyExpired,
    /// It has been rotated as often as can be.
    #[error("the identity has had {MAX_CHANGES} keys, and cannot have more")]
    TooManyKeys,
    /// Its history is none.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Its attestation is none.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// A secret key is not the one that its history or its attestation names.
    #[error("a secret key does not belong to the identity")]
    OtherKey,
}

impl Identity {
    /// A new identity. The seeds become its signing key and the key of its channels.
    ///
    /// # Errors
    /// When the time is too close to the end of time.
    pub fn create(key: Seed, channels: Seed, now: u64) -> Result<Self, IdentityError> {
        let key = SigningKey::from_bytes(key.bytes());
        let change = change(&key, None, now)?;
        let history = History::verify(&change)?;
        Self::attest(key, history, channels, now)
    }

    /// The same identity with another signing key, signed by the one so far. Peers that
    /// have seen the new history take neither the old key nor what it has attested.
    ///
    /// # Errors
    /// When it has had as many keys as an identity can have.
    pub fn rotate(&self, key: Seed, channels: Seed, now: u64) -> Result<Self, IdentityError> {
        if self.history.changes() >= MAX_CHANGES {
            return Err(IdentityError::TooManyKeys);
        }
        let key = SigningKey::from_bytes(key.bytes());
        let now = now.max(self.history.newest().valid_from);
        let change = change(&key, Some((&self.key, &self.history)), now)?;
        let history = History::verify(&change)?;
        Self::attest(key, history, channels, now)
    }

    /// The same identity with another key for its channels. Those that are open go on.
    ///
    /// # Errors
    /// When its signing key has expired, and has to be rotated.
    pub fn renew(&self, channels: Seed, now: u64) -> Result<Self, IdentityError> {
        Self::attest(self.key.clone(), self.history.clone(), channels, now)
    }

    fn attest(
        key: SigningKey,
        history: History,
        channels: Seed,
        now: u64,
    ) -> Result<Self, IdentityError> {
        let newest = history.newest();
        let created_at = now.max(newest.valid_from);
        if created_at >= newest.valid_until {
            return Err(IdentityError::KeyExpired);
        }
        let expires_at = created_at.saturating_add(ATTESTATION_LIFETIME).min(newest.valid_until);
        let pair = Pair::new(&channels);
        let data = AttestationData {
            subject: *history.identifier().as_bytes(),
            newest_change: newest.hash,
            key: PurposeKey::SecureChannel(*pair.public()),
            created_at,
            expires_at,
        };
        let data = wire::versioned(ATTESTATION, &data);
        let signature = sign(&key, &data);
        let attestation = wire::encoded(&Signed { data: (&data[..]).into(), signature });
        Self::assemble(key, history, pair, attestation)
    }

    /// An identity of its parts, which are verified.
    pub(super) fn assemble(
        key: SigningKey,
        history: History,
        pair: Pair,
        attestation: Vec<u8>,
    ) -> Result<Self, IdentityError> {
        let attested = Attestation::verify_when_made(&attestation, &history)?;
        if !is_newest(&key, &history) || attested.secure_channel_key()? != *pair.public() {
            return Err(IdentityError::OtherKey);
        }
        // A history, an attestation, and no credentials.
        let presented = [&[0x83], history.bytes(), &attestation, &[0x80]].concat().into();
        let purpose = Purpose { key: pair, attestation, expires_at: attested.expires_at };
        Ok(Self { key, history, purpose, presented })
    }

    /// Its name.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        self.history.identifier()
    }

    /// Its keys so far. There is nothing secret in it.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Until when, in seconds, others take what it shows in a handshake.
    #[must_use]
    pub fn expires_at(&self) -> u64 {
        self.purpose.expires_at
    }

    /// Whether it is time to [`renew`](Self::renew) it, and that would help: what its key
    /// attests ends with the key.
    #[must_use]
    pub fn is_due_for_renewal(&self, now: u64) -> bool {
        let left = self.history.newest().valid_until.saturating_sub(self.expires_at());
        left > WORTH_IT && self.expires_at() < now.saturating_add(RENEWED_BEFORE)
    }

    /// Whether it is time to [`rotate`](Self::rotate) it.
    #[must_use]
    pub fn is_due_for_rotation(&self, now: u64) -> bool {
        self.history.newest().valid_until < now.saturating_add(ROTATED_BEFORE)
    }

    pub(crate) fn channel_key(&self) -> &Pair {
        &self.purpose.key
    }

    /// What it shows to the other end of a handshake: its history, an attestation of the
    /// key of its channels, and no credentials. There is nothing secret in it.
    #[must_use]
    pub fn presented(&self) -> &Arc<[u8]> {
        &self.presented
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(super) fn attestation(&self) -> &[u8] {
        &self.purpose.attestation
    }
}

/// The history with a change that brings this key, signed by the one before if there is one.
fn change(
    key: &SigningKey,
    before: Option<(&SigningKey, &History)>,
    now: u64,
) -> Result<Vec<u8>, IdentityError> {
    let data = ChangeData {
        previous: before.map(|(_, history)| history.newest().hash),
        key: PublicKey::Ed25519(key.verifying_key().to_bytes()),
        revoke_all_purpose_keys: false,
        valid_from: now,
        valid_until: now.checked_add(KEY_LIFETIME).ok_or(IdentityError::KeyExpired)?,
    };
    let data = wire::versioned(CHANGE, &data);
    let change = Change {
        data: (&data[..]).into(),
        own: sign(key, &data),
        previous: before.map(|(previous, _)| sign(previous, &data)),
    };
    Ok(with_change(before.map(|(_, history)| history), change)?)
}

/// Signs the bytes of a `Versioned` of ours.
fn sign(key: &SigningKey, versioned: &[u8]) -> Signature {
    Signature::Ed25519(key.sign(&sha256(versioned)).to_bytes())
}

fn is_newest(key: &SigningKey, history: &History) -> bool {
    matches!(&history.newest().key, PublicKey::Ed25519(newest) if *newest == key.verifying_key().to_bytes())
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Identity").field(&self.identifier()).finish_non_exhaustive()
    }
}
