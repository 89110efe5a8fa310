//! Histories and attestations of every kind, for the tests: right ones, and such as nobody
//! has a right to make.

use ed25519_dalek::{Signer, SigningKey};
use p256::ecdsa;

use super::hash::sha256;
use super::history::History;
use super::wire::{
    ATTESTATION, AttestationData, CHANGE, Change, ChangeData, PublicKey, PurposeKey, Signature,
    Signed, encoded, versioned,
};
use super::{ATTESTATION_LIFETIME, KEY_LIFETIME};
use crate::testing::vectors::NOW;

/// A key that signs, of one byte repeated.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    Ed25519(u8),
    P256(u8),
}

impl Key {
    fn p256(byte: u8) -> ecdsa::SigningKey {
        ecdsa::SigningKey::from_slice(&[byte; 32]).expect("within the order of the curve")
    }

    fn public(self) -> PublicKey {
        match self {
            Self::Ed25519(byte) => {
                PublicKey::Ed25519(SigningKey::from_bytes(&[byte; 32]).verifying_key().to_bytes())
            }
            Self::P256(byte) => {
                let point = Self::p256(byte).verifying_key().to_encoded_point(false);
                PublicKey::P256(point.as_bytes().try_into().expect("uncompressed"))
            }
        }
    }

    fn sign(self, versioned: &[u8]) -> Signature {
        let message = sha256(versioned);
        match self {
            Self::Ed25519(byte) => {
                Signature::Ed25519(SigningKey::from_bytes(&[byte; 32]).sign(&message).to_bytes())
            }
            Self::P256(byte) => {
                let signature: ecdsa::Signature = Self::p256(byte).sign(&message);
                Signature::P256(signature.to_bytes().into())
            }
        }
    }
}

/// A change, and who signs it.
#[derive(Clone, Copy)]
pub(crate) struct ForgedChange {
    pub(crate) key: Key,
    pub(crate) own: Key,
    pub(crate) previous: Option<Key>,
    /// In place of the hash of the change before.
    pub(crate) previous_hash: Option<Option<[u8; 32]>>,
    pub(crate) kind: u8,
    pub(crate) valid_from: u64,
    pub(crate) valid_until: u64,
}

/// A change of a key that is all right as the first one.
pub(crate) fn change(key: Key) -> ForgedChange {
    ForgedChange {
        key,
        own: key,
        previous: None,
        previous_hash: None,
        kind: CHANGE,
        valid_from: NOW,
        valid_until: NOW + KEY_LIFETIME,
    }
}

/// The bytes of a history with these changes.
pub(crate) fn history(changes: &[ForgedChange]) -> Vec<u8> {
    let mut before = None;
    let mut datas = Vec::new();
    for forged in changes {
        let data = ChangeData {
            previous: forged.previous_hash.unwrap_or(before),
            key: forged.key.public(),
            revoke_all_purpose_keys: false,
            valid_from: forged.valid_from,
            valid_until: forged.valid_until,
        };
        let data = versioned(forged.kind, &data);
        before = Some(sha256(&data));
        datas.push(data);
    }
    let all: Vec<_> = (changes.iter().zip(&datas))
        .map(|(forged, data)| Change {
            data: (&data[..]).into(),
            own: forged.own.sign(data),
            previous: forged.previous.map(|key| key.sign(data)),
        })
        .collect();
    encoded(&all)
}

/// An attestation, and who signs it.
#[derive(Clone, Copy)]
pub(crate) struct ForgedAttestation {
    pub(crate) by: Key,
    pub(crate) subject: [u8; 32],
    pub(crate) newest_change: [u8; 32],
    pub(crate) key: [u8; 32],
    /// For signing credentials in place of secure channels.
    pub(crate) is_for_credentials: bool,
    pub(crate) kind: u8,
    pub(crate) created_at: u64,
    pub(crate) expires_at: u64,
}

/// An attestation of a key of channels that is all right with this history.
pub(crate) fn attestation(by: Key, history: &History, key: [u8; 32]) -> ForgedAttestation {
    ForgedAttestation {
        by,
        subject: *history.identifier().as_bytes(),
        newest_change: history.newest().hash,
        key,
        is_for_credentials: false,
        kind: ATTESTATION,
        created_at: history.newest().valid_from,
        expires_at: history.newest().valid_from + ATTESTATION_LIFETIME,
    }
}

impl ForgedAttestation {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let key = match self.is_for_credentials {
            true => PurposeKey::Credentials(PublicKey::Ed25519(self.key)),
            false => PurposeKey::SecureChannel(self.key),
        };
        let data = AttestationData {
            subject: self.subject,
            newest_change: self.newest_change,
            key,
            created_at: self.created_at,
            expires_at: self.expires_at,
        };
        let data = versioned(self.kind, &data);
        encoded(&Signed { data: (&data[..]).into(), signature: self.by.sign(&data) })
    }
}
