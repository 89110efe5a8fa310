//! What a peer shows in its handshake, and all that has to be true of it before a word of
//! it is believed.

use minicbor::Decoder;

use crate::identity::{Attestation, AttestationError, History, HistoryError, Identifier};
use crate::known::{KnownError, KnownHistories, admit};
use crate::trust::Trust;

/// The most credentials that are kept of what a peer shows.
pub const MAX_CREDENTIALS: usize = 8;

/// The most bytes of them in all.
pub const MAX_CREDENTIAL_BYTES: usize = 16 << 10;

/// The other end of a channel, which has proved to be who it is.
#[derive(Clone, Debug)]
pub struct Peer {
    history: History,
    credentials: Credentials,
}

/// What others say of a peer, as it came. Nobody has verified it.
///
/// Each is a credential and its issuer's attestation, in CBOR. What is more than may be
/// kept is left out: to be without credentials is never an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials(Vec<Box<[u8]>>);

/// Why a peer is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// What it shows is not of the form that it should be of.
    #[error("what the peer shows of itself is malformed")]
    Malformed,
    /// Its change history is wrong.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Its change history does not go with what is known, or that cannot be told.
    #[error(transparent)]
    Known(#[from] KnownError),
    /// Its attestation is wrong.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// The attested key is not the one that it has used: it shows another's identity.
    #[error("the peer shows an identity that does not vouch for its key")]
    OtherKey,
    /// It is none of those who are let in.
    #[error("{0} is not trusted")]
    Untrusted(Identifier),
}

/// By what a peer is judged.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The time, in seconds since 1970 (UTC).
    pub now: u64,
    /// Who may be let in.
    pub trust: &'a Trust,
    /// What was seen before.
    pub known: &'a dyn KnownHistories,
}

impl Peer {
    /// Whose end it is.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        self.history.identifier()
    }

    /// The keys that it has had so far.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What it has shown of what others say of it.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Takes what the peer shows later: its history, which has to be of the same identity,
    /// and credentials in place of those so far.
    ///
    /// # Errors
    /// When it is not to be believed. Nothing changes then.
    pub fn refresh(
        &mut self,
        history: &[u8],
        credentials: Credentials,
        known: &dyn KnownHistories,
    ) -> Result<(), Refusal> {
        if History::claimed(history)? != self.identifier() {
            return Err(Refusal::OtherKey);
        }
        let history = History::verify(history)?;
        let known_one = known.lookup(&history.identifier())?;
        if admit(&history, known_one.as_ref())? {
            known.store(&history)?;
        }
        *self = Self { history, credentials };
        Ok(())
    }
}

impl Judge<'_> {
    /// Verifies what a peer shows: that it belongs together, that `key`, which it has used
    /// in the handshake, speaks for it, and that it is let in. The order matters, and
    /// nothing is kept before the end.
    ///
    /// Whoever would not be let in whatever the outcome is refused before any signature is
    /// verified: a history may have 63 of them. A peer hears nothing of why it is refused; how
    /// long that takes may tell it whether somebody is trusted whom it says to be.
    ///
    /// # Errors
    /// When something of it is not true.
    pub fn verify(&self, presented: &[u8], key: &[u8; 32]) -> Result<Peer, Refusal> {
        let parts = Parts::read(presented).ok_or(Refusal::Malformed)?;
        let claimed = History::claimed(parts.history)?;
        if !self.trust.admits(&claimed) {
            return Err(Refusal::Untrusted(claimed));
        }
        let history = History::verify(parts.history)?;
        let known = self.known.lookup(&history.identifier())?;
        let is_newer = admit(&history, known.as_ref())?;
        let attestation = Attestation::verify(parts.attestation, &history, self.now)?;
        // Without this anyone could show what another has once shown to him.
        if attestation.secure_channel_key()? != *key {
            return Err(Refusal::OtherKey);
        }
        // Of what is proved, and in its place: what was claimed was only claimed.
        if !self.trust.admits(&history.identifier()) {
            return Err(Refusal::Untrusted(history.identifier()));
        }
        if is_newer {
            self.known.store(&history)?;
        }
        Ok(Peer { history, credentials: parts.credentials })
    }
}

impl std::fmt::Debug for Judge<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { now, trust, .. } = self;
        out.debug_struct("Judge").field("now", now).field("trust", trust).finish_non_exhaustive()
    }
}

/// What a peer shows, where it stands in its bytes.
struct Parts<'a> {
    history: &'a [u8],
    attestation: &'a [u8],
    credentials: Credentials,
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let fields = decoder.array().ok()??;
        let history = value(&mut decoder)?;
        let attestation = value(&mut decoder)?;
        let credentials = Credentials::read(&mut decoder)?;
        (3..fields).try_for_each(|_| decoder.skip()).ok()?;
        let is_whole = fields >= 3 && decoder.position() == bytes.len();
        is_whole.then_some(Self { history, attestation, credentials })
    }
}

impl Credentials {
    /// Each of them, as it came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.iter().map(|bytes| &**bytes)
    }

    /// Reads over an array of credentials, and keeps as many as may be kept.
    pub(crate) fn read(decoder: &mut Decoder<'_>) -> Option<Self> {
        let mut kept = Vec::new();
        let mut bytes = 0;
        for _ in 0..decoder.array().ok()?? {
            let credential = value(decoder)?;
            bytes += credential.len();
            if kept.len() < MAX_CREDENTIALS && bytes <= MAX_CREDENTIAL_BYTES {
                kept.push(credential.into());
            }
        }
        Some(Self(kept))
    }
}

/// The bytes of the next value.
pub(crate) fn value<'a>(decoder: &mut Decoder<'a>) -> Option<&'a [u8]> {
    let start = decoder.position();
    decoder.skip().ok()?;
    decoder.input().get(start..decoder.position())
}
