//! Histories, attestations and secrets: the vectors, and all that is refused.

use super::forged::{ForgedChange, Key, change, history};
use super::*;
use crate::testing::vectors::{HISTORY, IDENTIFIER, NOW, P256_HISTORY, P256_IDENTIFIER};
use crate::testing::{hex, identity, initiator, seed, text};

const A: Key = Key::Ed25519(0x11);
const B: Key = Key::Ed25519(0x22);
const STRANGER: Key = Key::Ed25519(0x99);

#[test]
fn identifier_and_history_are_those_of_the_vectors() {
    let one = initiator();
    assert_eq!(one.identifier().to_string(), IDENTIFIER);
    assert_eq!(text(one.history().bytes()), HISTORY);
    assert_eq!(one.expires_at(), NOW + ATTESTATION_LIFETIME);
}

#[test]
fn a_real_p256_history_is_verified() {
    let history = History::verify(&hex(P256_HISTORY)).expect("a real one");
    assert_eq!(history.identifier().to_string(), P256_IDENTIFIER);
    assert_eq!(history.changes(), 1);
}

/// Any byte of a history says something that is signed, or is part of a signature.
#[test]
fn no_byte_of_a_history_can_be_changed() {
    let rotated = initiator().rotate(seed(0x77), seed(0x78), NOW + 5).expect("the first time");
    for bytes in [hex(HISTORY), hex(P256_HISTORY), rotated.history().bytes().to_vec()] {
        let identifier = History::verify(&bytes).map(|history| history.identifier());
        assert_eq!(History::claimed(&bytes), identifier);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(History::verify(&damaged).is_err(), "bit {bit} of byte {at}");
            }
        }
        for length in 0..bytes.len() {
            assert!(History::verify(&bytes[..length]).is_err(), "{length} bytes");
        }
        assert!(History::verify(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[track_caller]
fn refused(changes: &[ForgedChange], why: HistoryError) {
    assert_eq!(History::verify(&history(changes)), Err(why));
}

/// A second change by B, signed as it should be.
fn rotation() -> ForgedChange {
    ForgedChange { previous: Some(A), ..change(B) }
}

#[test]
fn a_chain_of_keys_of_both_kinds() {
    let p256 = Key::P256(0x33);
    let chain = [
        change(A),
        ForgedChange { previous: Some(A), ..change(p256) },
        ForgedChange { previous: Some(p256), valid_from: NOW + 9, ..change(B) },
    ];
    let whole = History::verify(&history(&chain)).expect("all is right");
    assert_eq!(whole.changes(), 3);
    assert_eq!(whole.identifier(), initiator().identifier());
    let part = History::verify(&history(&chain[..2])).expect("all is right");
    let other = History::verify(&history(&[change(A), rotation()])).expect("all is right");
    assert_eq!(whole.compare(&part), Comparison::Newer);
    assert_eq!(part.compare(&whole), Comparison::Older);
    assert_eq!(whole.compare(&whole), Comparison::Equal);
    assert_eq!(whole.compare(&other), Comparison::Conflict);
}

#[test]
fn histories_that_are_refused() {
    use HistoryError as Why;
    let first = change(A);
    refused(&[], Why::Empty);
    refused(&[ForgedChange { own: STRANGER, ..first }], Why::OwnSignature(1));
    refused(&[ForgedChange { own: Key::P256(1), ..first }], Why::OwnSignature(1));
    refused(&[ForgedChange { kind: 2, ..first }], Why::Kind { change: 1, kind: 2 });
    refused(&[ForgedChange { previous_hash: Some(Some([7; 32])), ..first }], Why::First);
    refused(&[ForgedChange { previous: Some(A), ..first }], Why::First);
    let second = rotation();
    refused(&[first, ForgedChange { own: A, ..second }], Why::OwnSignature(2));
    let by_stranger = ForgedChange { previous: Some(STRANGER), ..second };
    refused(&[first, by_stranger], Why::PreviousSignature(2));
    refused(&[first, ForgedChange { previous: Some(B), ..second }], Why::PreviousSignature(2));
    refused(&[first, ForgedChange { previous: None, ..second }], Why::PreviousSignature(2));
    let elsewhere = ForgedChange { previous_hash: Some(Some([7; 32])), ..second };
    refused(&[first, elsewhere], Why::Previous(2));
    refused(&[first, ForgedChange { previous_hash: Some(None), ..second }], Why::Previous(2));
    refused(&[first, ForgedChange { valid_from: NOW - 1, ..second }], Why::Order(2));
}

#[test]
fn a_history_of_another_version() {
    let mut bytes = hex(HISTORY);
    assert_eq!(bytes[4..8], [0x83, 1, 1, 0x58]);
    bytes[5] = 2;
    assert_eq!(History::verify(&bytes), Err(HistoryError::Version { change: 1, version: 2 }));
}

/// With a key of small order one signature is right for every message, unless it is
/// verified strictly.
#[test]
fn a_key_for_which_anything_is_signed_is_refused() {
    use super::wire::{CHANGE, Change, ChangeData, PublicKey, Signature, encoded, versioned};
    let neutral = |length| (0..length).map(|at| u8::from(at == 0)).collect::<Vec<_>>();
    let data = ChangeData {
        previous: None,
        key: PublicKey::Ed25519(neutral(32).try_into().expect("32 bytes")),
        revoke_all_purpose_keys: false,
        valid_from: NOW,
        valid_until: NOW + KEY_LIFETIME,
    };
    let data = versioned(CHANGE, &data);
    let own = Signature::Ed25519(neutral(64).try_into().expect("64 bytes"));
    let bytes = encoded(&vec![Change { data: (&data[..]).into(), own, previous: None }]);
    assert_eq!(History::verify(&bytes), Err(HistoryError::OwnSignature(1)));
}

/// Before a single signature is looked at.
#[test]
fn a_history_has_its_bounds() {
    let mut chain = vec![change(A)];
    chain.resize(MAX_CHANGES, ForgedChange { previous: Some(A), ..change(A) });
    assert!(history(&chain).len() <= MAX_HISTORY);
    assert!(History::verify(&history(&chain)).is_ok());
    chain.push(chain[1]);
    refused(&chain, HistoryError::TooManyChanges);
    assert_eq!(History::verify(&vec![0x80; MAX_HISTORY + 1]), Err(HistoryError::TooLong));
    // Declared, but not there.
    assert_eq!(
        History::verify(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]),
        Err(HistoryError::Malformed)
    );
}

#[test]
fn a_key_is_rotated() {
    let old = initiator();
    let new = old.rotate(seed(0x77), seed(0x78), NOW + 5).expect("the first time");
    assert_eq!(new.identifier(), old.identifier());
    assert_eq!(new.history().compare(old.history()), Comparison::Newer);
    // A clock that was put back makes no history that is refused.
    let newer = new.rotate(seed(0x79), seed(0x80), NOW - 100).expect("the second time");
    assert_eq!(newer.history().changes(), 3);
    let mut last = newer;
    for byte in 0..u8::try_from(MAX_CHANGES - 3).expect("few") {
        last = last.rotate(seed(0x81 + byte), seed(0x78), NOW + 5).expect("not yet too many");
    }
    let refused = last.rotate(seed(1), seed(2), NOW + 5);
    assert_eq!(refused.map(drop), Err(IdentityError::TooManyKeys));
}

#[test]
fn an_attestation_is_renewed() {
    let one = initiator();
    let (days, ends) = (86_400, one.expires_at());
    assert!(!one.is_due_for_renewal(NOW) && !one.is_due_for_renewal(ends - 91 * days));
    assert!(one.is_due_for_renewal(ends - 89 * days) && one.is_due_for_renewal(ends + 1));
    let renewed = one.renew(seed(0x34), ends + 10).expect("its key is valid");
    assert_eq!(renewed.history(), one.history());
    // The rest of the key's ten years, and no more after that.
    assert_eq!(renewed.expires_at(), NOW + KEY_LIFETIME);
    assert!(!renewed.is_due_for_renewal(NOW + KEY_LIFETIME));
    assert_eq!(one.renew(seed(1), NOW + KEY_LIFETIME).map(drop), Err(IdentityError::KeyExpired));
    let nearly = one.renew(seed(0x34), ends - 1).expect("its key is valid");
    assert!(!nearly.is_due_for_renewal(nearly.expires_at()), "it would not help");
    assert!(!renewed.is_due_for_rotation(NOW + KEY_LIFETIME - 366 * days));
    assert!(renewed.is_due_for_rotation(NOW + KEY_LIFETIME - 364 * days));
    assert_eq!(
        Identity::create(seed(1), seed(2), u64::MAX).map(drop),
        Err(IdentityError::KeyExpired)
    );
}

#[test]
fn an_identity_is_read_back() {
    let rotated = initiator().rotate(seed(0x77), seed(0x78), NOW + 5).expect("the first time");
    for one in [initiator(), rotated] {
        let text = one.to_text();
        let again = Identity::from_text(&text).expect("it was just written");
        assert_eq!(*again.to_text(), *text);
        assert_eq!(again.presented(), one.presented());
    }
}

#[test]
fn texts_that_are_no_identity() {
    let text = initiator().to_text();
    let lines: Vec<_> = text.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        Identity::from_text(&lines.join("\n")).map(drop)
    };
    assert_eq!(with(0, lines[0]), Ok(()));
    assert_eq!(with(0, "skep-identity 2"), Err(TextError::First));
    for (at, name) in
        [(1, "identifier"), (2, "key"), (3, "history"), (4, "channel-key"), (5, "attestation")]
    {
        for line in ["", name, "other 00", &format!("{name} "), &format!("{name} 0g")] {
            assert!(with(at, line).is_err(), "{line}");
        }
        assert_eq!(with(at, "other 00"), Err(TextError::Line(name)));
    }
    assert_eq!(with(5, &format!("{}\nmore", lines[5])), Err(TextError::After));
    let other = identity(0x12, 0x34).to_text();
    let others: Vec<_> = other.lines().collect();
    assert_eq!(with(1, others[1]), Err(TextError::Identifier));
    let of_other = |at: usize| with(at, others[at]);
    assert_eq!(of_other(2), Err(IdentityError::OtherKey.into()));
    assert_eq!(of_other(4), Err(IdentityError::OtherKey.into()));
    assert_eq!(of_other(5), Err(IdentityError::from(AttestationError::Subject).into()));
    assert_eq!(Identity::from_text(&text.repeat(200)).map(drop), Err(TextError::TooLong));
}

#[test]
fn nothing_shows_a_secret() {
    let one = initiator();
    for shown in [format!("{one:?}"), format!("{:?}", seed(0x11))] {
        assert!(
            !shown.contains("1111") && !shown.contains("3333") && !shown.contains("17"),
            "{shown}"
        );
    }
}
