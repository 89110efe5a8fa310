//! Attestations: an identity says which key speaks for it, for what, and until when.

use super::history::History;
use super::keys::SignatureError;
use super::wire::{
    ATTESTATION, AttestationData, PurposeKey, Signed, Unreadable, Versioned, exactly,
};

/// By how many seconds a peer's clock may be ahead of ours.
pub const MAX_DRIFT: u64 = 60;

/// What an identity's newest key has attested: that a purpose key speaks for it.
pub(crate) struct Attestation {
    key: PurposeKey,
    pub(crate) expires_at: u64,
}

/// Why bytes are no attestation that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// It is not of the form that it should be of.
    #[error("an attestation is malformed")]
    Malformed,
    /// It is of another version.
    #[error("an attestation has version {0}")]
    Version(u8),
    /// Something else stands where it should be.
    #[error("an attestation is of type {0}")]
    Kind(u8),
    /// It is about another identity.
    #[error("an attestation is about another identity")]
    Subject,
    /// It was made by an older key of the identity, or the history is not up to date.
    #[error("an attestation does not name the identity's newest key")]
    NewestChange,
    /// It begins before the key that has signed it.
    #[error("an attestation is older than the key that signed it")]
    BeforeItsKey,
    /// It ends after the key that has signed it.
    #[error("an attestation outlives the key that signed it")]
    OutlivesItsKey,
    /// It begins more than [`MAX_DRIFT`] seconds from now.
    #[error("an attestation begins in the future: do the clocks agree?")]
    Future,
    /// It has ended.
    #[error("an attestation has expired")]
    Expired,
    /// It is not signed by the identity's newest key.
    #[error("an attestation is not signed by the identity's newest key")]
    Signature,
    /// The key is not for secure channels.
    #[error("the attested key is not for secure channels")]
    Purpose,
}

impl Attestation {
    /// Reads an attestation and verifies it for the identity of this history, at the time
    /// `now` in seconds.
    pub(crate) fn verify(
        bytes: &[u8],
        history: &History,
        now: u64,
    ) -> Result<Self, AttestationError> {
        let (signed, data) = read(bytes)?;
        names(&data, history)?;
        let newest = history.newest();
        lies_within(&data, newest.valid_from, newest.valid_until)?;
        holds_at(&data, now)?;
        let by_newest = newest.key.verify(signed.data, &signed.signature);
        by_newest.map_err(|SignatureError| AttestationError::Signature)?;
        Ok(Self { key: data.key, expires_at: data.expires_at })
    }

    /// As [`verify`](Self::verify), at the time when it was made: for one's own, which may
    /// have expired while it was not used.
    pub(crate) fn verify_when_made(
        bytes: &[u8],
        history: &History,
    ) -> Result<Self, AttestationError> {
        let created_at = read(bytes)?.1.created_at;
        Self::verify(bytes, history, created_at)
    }

    /// The key, if it is one for secure channels.
    pub(crate) fn secure_channel_key(&self) -> Result<[u8; 32], AttestationError> {
        match self.key {
            PurposeKey::SecureChannel(key) => Ok(key),
            PurposeKey::Credentials(_) => Err(AttestationError::Purpose),
        }
    }
}

fn read(bytes: &[u8]) -> Result<(Signed<'_>, AttestationData), AttestationError> {
    let signed: Signed<'_> = exactly(bytes).ok_or(AttestationError::Malformed)?;
    let data = Versioned::read(signed.data, ATTESTATION).map_err(|why| match why {
        Unreadable::Malformed => AttestationError::Malformed,
        Unreadable::Version(version) => AttestationError::Version(version),
        Unreadable::Kind(kind) => AttestationError::Kind(kind),
    })?;
    Ok((signed, data))
}

fn names(data: &AttestationData, history: &History) -> Result<(), AttestationError> {
    if data.subject != *history.identifier().as_bytes() {
        return Err(AttestationError::Subject);
    }
    match data.newest_change == history.newest().hash {
        true => Ok(()),
        false => Err(AttestationError::NewestChange),
    }
}

fn lies_within(data: &AttestationData, from: u64, until: u64) -> Result<(), AttestationError> {
    if data.created_at < from {
        return Err(AttestationError::BeforeItsKey);
    }
    match data.expires_at <= until {
        true => Ok(()),
        false => Err(AttestationError::OutlivesItsKey),
    }
}

fn holds_at(data: &AttestationData, now: u64) -> Result<(), AttestationError> {
    if data.created_at > now.saturating_add(MAX_DRIFT) {
        return Err(AttestationError::Future);
    }
    match data.expires_at >= now {
        true => Ok(()),
        false => Err(AttestationError::Expired),
    }
}
