//! The shapes of what is signed, in CBOR as Ockam writes it: a struct is an array of its
//! fields, an enum an array of its number and its fields.
//!
//! What has been signed is kept as the bytes that came, and never written again.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Decoder, Encode};

/// The version of all that is signed.
const VERSION: u8 = 1;
/// What [`Versioned`] holds.
pub(super) const CHANGE: u8 = 1;
pub(super) const ATTESTATION: u8 = 2;

/// What is hashed and signed: a value, and what kind of value it is. The kind is all that
/// keeps a signature from being taken for one of something else.
#[derive(Encode, Decode)]
pub(super) struct Versioned<'a> {
    #[n(0)]
    pub(super) version: u8,
    #[n(1)]
    pub(super) kind: u8,
    #[b(2)]
    inner: &'a ByteSlice,
}

#[derive(Clone, Encode, Decode)]
pub(super) enum PublicKey {
    #[n(0)]
    Ed25519(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
    /// Uncompressed: it begins with 04.
    #[n(1)]
    P256(#[cbor(n(0), with = "minicbor::bytes")] [u8; 65]),
}

#[derive(Encode, Decode)]
pub(super) enum Signature {
    #[n(0)]
    Ed25519(#[cbor(n(0), with = "minicbor::bytes")] [u8; 64]),
    /// `r` and `s`.
    #[n(1)]
    P256(#[cbor(n(0), with = "minicbor::bytes")] [u8; 64]),
}

#[derive(Encode, Decode)]
pub(super) struct Change<'a> {
    /// A [`Versioned`] of [`ChangeData`].
    #[b(0)]
    pub(super) data: &'a ByteSlice,
    #[n(1)]
    pub(super) own: Signature,
    /// By the key of the change before; the first has none.
    #[n(2)]
    pub(super) previous: Option<Signature>,
}

#[derive(Encode, Decode)]
pub(super) struct ChangeData {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) previous: Option<[u8; 32]>,
    #[n(1)]
    pub(super) key: PublicKey,
    /// Nobody looks at it.
    #[n(2)]
    pub(super) revoke_all_purpose_keys: bool,
    #[n(3)]
    pub(super) valid_from: u64,
    #[n(4)]
    pub(super) valid_until: u64,
}

#[derive(Encode, Decode)]
pub(super) struct Signed<'a> {
    /// A [`Versioned`] of [`AttestationData`].
    #[b(0)]
    pub(super) data: &'a ByteSlice,
    #[n(1)]
    pub(super) signature: Signature,
}

#[derive(Encode, Decode)]
pub(super) struct AttestationData {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) subject: [u8; 32],
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) newest_change: [u8; 32],
    #[n(2)]
    pub(super) key: PurposeKey,
    #[n(3)]
    pub(super) created_at: u64,
    #[n(4)]
    pub(super) expires_at: u64,
}

#[derive(Clone, Encode, Decode)]
pub(super) enum PurposeKey {
    /// X25519, for secure channels.
    #[n(0)]
    SecureChannel(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
    /// For signing credentials.
    #[n(1)]
    Credentials(#[n(0)] PublicKey),
}

impl<'a> Versioned<'a> {
    /// What is inside, if it is of this kind and in the version that is known.
    pub(super) fn read<T: Decode<'a, ()>>(bytes: &'a [u8], kind: u8) -> Result<T, Unreadable> {
        let versioned: Self = exactly(bytes).ok_or(Unreadable::Malformed)?;
        match (versioned.version, versioned.kind) {
            (VERSION, found) if found == kind => {}
            (VERSION, found) => return Err(Unreadable::Kind(found)),
            (other, _) => return Err(Unreadable::Version(other)),
        }
        exactly(versioned.inner).ok_or(Unreadable::Malformed)
    }
}

/// The bytes of a [`Versioned`] of this value: what is hashed and signed.
pub(super) fn versioned(kind: u8, value: &impl Encode<()>) -> Vec<u8> {
    let inner = encoded(value);
    encoded(&Versioned { version: VERSION, kind, inner: (&inner[..]).into() })
}

/// Why a [`Versioned`] cannot be read.
pub(super) enum Unreadable {
    Malformed,
    Version(u8),
    Kind(u8),
}

/// The value that all of these bytes are, with nothing after it.
pub(super) fn exactly<'a, T: Decode<'a, ()>>(bytes: &'a [u8]) -> Option<T> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

/// The bytes of a value.
pub(super) fn encoded(value: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = minicbor::encode(value, &mut bytes);
    debug_assert!(written.is_ok(), "memory takes all that is written");
    bytes
}
