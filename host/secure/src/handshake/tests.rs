//! The whole handshake: the vectors, what is refused and why, and damage everywhere.

use sha2::{Digest, Sha256};

use super::*;
use crate::identity::forged::{ForgedAttestation, ForgedChange, Key, attestation, change, history};
use crate::identity::{AttestationError, History, HistoryError, Identity, MAX_CHANGES, counted};
use crate::known::{KnownError, KnownHistories, MemoryHistories};
use crate::noise::Noise;
use crate::testing::vectors::{HASH, HASH_OF_3, K1, K2, MESSAGE_1, MESSAGE_2, NOW};
use crate::testing::{Open, hex, identity, initiator, responder, seed, text};
use crate::trust::Trust;

/// I and what it has to say, after the second message of R was made.
fn half_way() -> (Initiator, Responder, Vec<u8>) {
    let (one, message1) = Initiator::start(&initiator(), seed(0x55), NOW).expect("it is valid");
    let (other, message2) =
        Responder::start(&responder(), seed(0x66), &message1, NOW).expect("it is all right");
    (one, other, message2)
}

#[test]
fn messages_and_keys_are_those_of_the_vectors() {
    let (mut one, mut other, open) = (None, None, Open::new());
    let (start, message1) = Initiator::start(&initiator(), seed(0x55), NOW).expect("valid");
    assert_eq!(text(&message1), MESSAGE_1);
    let (answer, message2) =
        Responder::start(&responder(), seed(0x66), &message1, NOW).expect("all right");
    assert_eq!(text(&message2), MESSAGE_2);
    let (established, message3) = start.finish(&message2, open.judge()).expect("all right");
    assert_eq!(text(&Sha256::digest(&message3)), HASH_OF_3);
    assert_eq!(message3.len(), 387);
    one.replace(established);
    other.replace(answer.finish(&message3, open.judge()).expect("all right"));
    let (one, other) = (one.expect("it was put there"), other.expect("it was put there"));
    assert_eq!(text(&one.hash), HASH);
    assert_eq!(text(&other.hash), HASH);
    assert_eq!(one.peer.identifier(), responder().identifier());
    assert_eq!(other.peer.identifier(), initiator().identifier());
    assert_eq!(other.peer.credentials().iter().count(), 0);
}

#[test]
fn keys_are_split_as_ockam_does() {
    let mut one = of_initiator();
    let other = Noise::responder(responder().channel_key(), seed(0x66));
    let mut other = other.expect("it can be begun");
    let message1 = one.write(&[]).expect("the first");
    other.read(&message1).expect("the first");
    let message2 = other.write(responder().presented()).expect("the second");
    one.read(&message2).expect("the second");
    let message3 = one.write(initiator().presented()).expect("the third");
    other.read(&message3).expect("the third");
    for end in [one, other] {
        let split = end.split().expect("it is the end");
        assert_eq!([text(&split.k1[..]), text(&split.k2[..])], [K1, K2]);
    }
}

/// I's side of the handshake, without its judgement.
fn of_initiator() -> Noise {
    Noise::initiator(initiator().channel_key(), seed(0x55)).expect("it can be begun")
}

/// What R says to an I that shows this.
fn shown(presented: Vec<u8>, now: u64) -> Result<Established, HandshakeError> {
    shown_to(presented, now, &Open::new())
}

fn shown_to(presented: Vec<u8>, now: u64, open: &Open) -> Result<Established, HandshakeError> {
    let (mut one, (_, other, message2)) = (of_initiator(), half_way());
    one.write(&[]).expect("the first");
    one.read(&message2).expect("it was not damaged");
    let message3 = one.write(&presented).expect("it fits");
    other.finish(&message3, open.judge_at(now))
}

#[track_caller]
fn refused(outcome: Result<Established, HandshakeError>, why: impl Into<Refusal>) {
    assert_eq!(outcome.map(drop), Err(HandshakeError::Refused(why.into())));
}

fn presented(history: &[u8], attestation: &[u8]) -> Vec<u8> {
    [&[0x83], history, attestation, &[0x80]].concat()
}

const A: Key = Key::Ed25519(0x11);
const STRANGER: Key = Key::Ed25519(0x99);

/// An attestation for I's history and the key that I uses, and the payload with it.
fn attested(change: impl FnOnce(&mut ForgedAttestation)) -> Vec<u8> {
    let one = initiator();
    let mut forged = attestation(A, one.history(), public(&one));
    change(&mut forged);
    presented(one.history().bytes(), &forged.bytes())
}

fn public(identity: &Identity) -> [u8; 32] {
    *identity.channel_key().public()
}

#[test]
fn attestations_that_are_refused() {
    use AttestationError as Why;
    let one = initiator();
    assert_eq!(attested(|_| {}), one.presented()[..], "so all else is right");
    let end = one.expires_at();
    let key_ends = NOW + crate::identity::KEY_LIFETIME;
    let at = |now, change: &dyn Fn(&mut ForgedAttestation)| shown(attested(change), now);

    assert!(at(NOW, &|_| {}).is_ok());
    refused(at(NOW, &|it| it.by = STRANGER), Why::Signature);
    refused(at(NOW, &|it| it.kind = 3), Why::Kind(3));
    refused(at(NOW, &|it| it.kind = 1), Why::Kind(1));
    refused(at(NOW, &|it| it.subject = [7; 32]), Why::Subject);
    refused(at(NOW, &|it| it.newest_change = [7; 32]), Why::NewestChange);
    refused(at(NOW, &|it| it.created_at = NOW - 1), Why::BeforeItsKey);
    refused(at(NOW, &|it| it.expires_at = key_ends + 1), Why::OutlivesItsKey);
    assert!(at(NOW, &|it| it.expires_at = key_ends).is_ok());
    refused(at(NOW, &|it| it.created_at = NOW + 61), Why::Future);
    assert!(at(NOW, &|it| it.created_at = NOW + 60).is_ok());
    assert!(at(NOW - 60, &|_| {}).is_ok());
    refused(at(NOW - 61, &|_| {}), Why::Future);
    assert!(at(end, &|_| {}).is_ok());
    refused(at(end + 1, &|_| {}), Why::Expired);
    refused(at(NOW, &|it| it.is_for_credentials = true), Why::Purpose);
    refused(at(NOW, &|it| it.key = [7; 32]), Refusal::OtherKey);
}

/// G8.8: what R has shown to I, I shows to somebody else as its own.
#[test]
fn what_another_has_shown_is_refused() {
    refused(shown(responder().presented().to_vec(), NOW), Refusal::OtherKey);
}

#[test]
fn an_attestation_by_a_key_that_was_rotated_away() {
    let old = initiator();
    let new = old.rotate(seed(0x77), seed(0x33), NOW).expect("the first time");
    let with_new = |by, newest_change: Option<[u8; 32]>| {
        let mut forged = attestation(by, new.history(), public(&old));
        forged.newest_change = newest_change.unwrap_or(forged.newest_change);
        presented(new.history().bytes(), &forged.bytes())
    };
    assert!(shown(with_new(Key::Ed25519(0x77), None), NOW).is_ok());
    refused(shown(with_new(A, None), NOW), AttestationError::Signature);
    let first = *old.identifier().as_bytes();
    refused(shown(with_new(A, Some(first)), NOW), AttestationError::NewestChange);
}

#[test]
fn a_history_that_is_wrong_is_refused() {
    let forged = history(&[change(A), change(STRANGER)]);
    let why = History::verify(&forged).expect_err("a stranger's");
    let one = initiator();
    let payload = presented(&forged, &attestation(A, one.history(), public(&one)).bytes());
    refused(shown(payload, NOW), why);
}

#[test]
fn a_peer_with_a_p256_identity() {
    let key = Key::P256(0x42);
    let bytes = history(&[change(key)]);
    let verified = History::verify(&bytes).expect("all is right");
    let good = attestation(key, &verified, public(&initiator()));
    let peer = shown(presented(&bytes, &good.bytes()), NOW).expect("all is right").peer;
    assert_eq!(peer.identifier(), verified.identifier());
    let bad = ForgedAttestation { by: Key::P256(0x43), ..good };
    refused(shown(presented(&bytes, &bad.bytes()), NOW), AttestationError::Signature);
}

#[test]
fn only_those_who_are_trusted() {
    let mine = initiator().presented().to_vec();
    let with = |trust| shown_to(mine.clone(), NOW, &Open { trust, ..Open::new() });
    let (one, other) = (initiator().identifier(), responder().identifier());
    refused(with(Trust::default()), Refusal::Untrusted(one));
    refused(with(Trust::only([other])), Refusal::Untrusted(one));
    assert!(with(Trust::only([other, one])).is_ok());
    assert!(with(Trust::everyone()).is_ok());
}

/// An identity with as many keys as there may be.
fn of_many_keys() -> Identity {
    let rotated =
        |one: Identity, key| one.rotate(seed(key), seed(0x33), NOW).expect("there is room");
    (0x80_u8..).take(MAX_CHANGES - 1).fold(initiator(), rotated)
}

/// The third message of an identity with many keys, and who waits for it.
fn third_of_many_keys(one: &Identity) -> (Responder, Vec<u8>) {
    let (start, message1) = Initiator::start(one, seed(0x55), NOW).expect("it is valid");
    let (answer, message2) =
        Responder::start(&responder(), seed(0x66), &message1, NOW).expect("it is all right");
    (answer, start.finish(&message2, Open::new().judge()).expect("all right").1)
}

/// A history with many keys has two signatures for each, of which a stranger's are not looked at.
#[test]
fn a_stranger_costs_no_signature() {
    let one = of_many_keys();
    assert_eq!(one.history().changes(), MAX_CHANGES);
    let all = 2 * MAX_CHANGES;
    for (trust, verified) in [
        (Trust::nobody(), 0),
        (Trust::only([responder().identifier()]), 0),
        (Trust::only([one.identifier()]), all),
        (Trust::everyone(), all),
    ] {
        let (answer, message3) = third_of_many_keys(&one);
        let open = Open { trust, ..Open::new() };
        let (outcome, count) = counted::during(|| answer.finish(&message3, open.judge()));
        assert_eq!(count, verified, "{:?}", open.trust);
        match verified {
            0 => refused(outcome, Refusal::Untrusted(one.identifier())),
            _ => assert!(outcome.is_ok()),
        }
    }
    // As I, too, which is shown R's.
    let (_, _, message2) = half_way();
    let open = Open { trust: Trust::nobody(), ..Open::new() };
    let (start, _) = Initiator::start(&initiator(), seed(0x55), NOW).expect("it is valid");
    let (outcome, count) = counted::during(|| start.finish(&message2, open.judge()));
    let why = HandshakeError::Refused(Refusal::Untrusted(responder().identifier()));
    assert_eq!((outcome.map(drop), count), (Err(why), 0));
}

/// To say that one is somebody who is trusted opens nothing.
#[test]
fn who_claims_to_be_trusted_has_to_prove_it() {
    let one = initiator();
    let trust = || Trust::only([one.identifier()]);
    let with = |payload| shown_to(payload, NOW, &Open { trust: trust(), ..Open::new() });
    // One's own key under the other's first change, and the other's whole history.
    let mine = attestation(STRANGER, one.history(), public(&one));
    refused(with(presented(one.history().bytes(), &mine.bytes())), AttestationError::Signature);
    let taken = ForgedChange { own: STRANGER, ..change(A) };
    let taken = history(&[taken]);
    assert_eq!(History::claimed(&taken), Ok(one.identifier()), "the claim is right");
    refused(with(presented(&taken, &mine.bytes())), HistoryError::OwnSignature(1));
}

/// What a refused handshake takes of a core by itself, with as many keys as there may be:
/// `cargo test --release -p skep-secure -- --ignored --nocapture cost_of_a_refused`.
#[test]
#[ignore = "it measures"]
fn cost_of_a_refused_handshake() {
    const TIMES: u32 = 2_000;
    let one = of_many_keys();
    for (name, trust) in [
        ("nobody is trusted", Trust::nobody()),
        ("another is trusted", Trust::only([responder().identifier()])),
        ("let in, for comparison", Trust::everyone()),
    ] {
        let open = Open { trust, ..Open::new() };
        let all: Vec<_> = (0..TIMES).map(|_| third_of_many_keys(&one)).collect();
        let before = cpu();
        for (answer, message3) in all {
            let _ = std::hint::black_box(answer.finish(&message3, open.judge()));
        }
        let each = cpu().saturating_sub(before) / TIMES;
        println!("message 3 with {MAX_CHANGES} keys, {name}: {each:?} of processor time");
    }
}

/// The time that this thread has run, as Linux tells it.
fn cpu() -> std::time::Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ran = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    std::time::Duration::from_nanos(ran.unwrap_or_default())
}

/// I's identity is in its third message, which is not made for somebody else than expected.
#[test]
fn initiator_shows_itself_only_to_whom_it_expects() {
    let (one, _, message2) = half_way();
    let open = Open { trust: Trust::only([initiator().identifier()]), ..Open::new() };
    let why = HandshakeError::Refused(Refusal::Untrusted(responder().identifier()));
    assert_eq!(one.finish(&message2, open.judge()).map(drop), Err(why));
}

#[test]
fn a_history_that_was_seen_is_not_rolled_back() {
    let open = Open::new();
    let old = initiator();
    let new = old.rotate(seed(0x77), seed(0x33), NOW).expect("the first time");
    let other = old.rotate(seed(0x78), seed(0x33), NOW).expect("the first time");
    let show = |identity: &Identity| shown_to(identity.presented().to_vec(), NOW, &open);
    assert!(show(&old).is_ok() && show(&new).is_ok() && show(&new).is_ok());
    refused(show(&old), KnownError::Rollback);
    refused(show(&other), KnownError::Conflict);
    let newest = new.rotate(seed(0x79), seed(0x33), NOW).expect("the second time");
    assert!(show(&newest).is_ok());
    refused(show(&new), KnownError::Rollback);
}

/// Otherwise anybody could fill the memory, or bring somebody into conflict with himself.
#[test]
fn nothing_is_kept_of_who_is_refused() {
    let old = initiator();
    let new = old.rotate(seed(0x77), seed(0x33), NOW).expect("the first time");
    let presented_with =
        |attestation: ForgedAttestation| presented(new.history().bytes(), &attestation.bytes());
    let good = attestation(Key::Ed25519(0x77), new.history(), public(&old));
    for (payload, trust, now) in [
        (presented_with(ForgedAttestation { by: A, ..good }), Trust::everyone(), NOW),
        (presented_with(ForgedAttestation { key: [7; 32], ..good }), Trust::everyone(), NOW),
        (presented_with(good), Trust::everyone(), NOW + crate::identity::KEY_LIFETIME),
        (presented_with(good), Trust::nobody(), NOW),
    ] {
        let open = Open { trust, ..Open::new() };
        assert!(shown_to(payload, now, &open).is_err());
        assert_eq!(open.known.lookup(&new.identifier()), Ok(None));
    }
    let open = Open::new();
    assert!(shown_to(presented_with(good), NOW, &open).is_ok());
    assert_eq!(open.known.lookup(&new.identifier()), Ok(Some(new.history().clone())));
}

/// Who has never rotated takes no room, and so is let in when there is none.
#[test]
fn known_histories_are_bounded() {
    let open = Open { known: MemoryHistories::new(1), ..Open::new() };
    let rotated = |key| {
        let one = identity(key, 0x33);
        one.rotate(seed(key + 1), seed(0x33), NOW).expect("the first time").presented().to_vec()
    };
    assert!(shown_to(rotated(0x11), NOW, &open).is_ok());
    assert!(shown_to(rotated(0x11), NOW, &open).is_ok());
    refused(shown_to(rotated(0x21), NOW, &open), KnownError::Full);
    assert!(shown_to(identity(0x31, 0x33).presented().to_vec(), NOW, &open).is_ok());
}

#[test]
fn a_store_that_cannot_be_read_lets_nobody_in() {
    struct Broken;
    impl KnownHistories for Broken {
        fn lookup(&self, _: &crate::Identifier) -> Result<Option<History>, KnownError> {
            Err(KnownError::Storage("disk".into()))
        }
        fn store(&self, _: &History) -> Result<(), KnownError> {
            Ok(())
        }
    }
    let (one, _, message2) = half_way();
    let judge = crate::Judge { now: NOW, trust: &Trust::everyone(), known: &Broken };
    let outcome = one.finish(&message2, judge).map(|(established, _)| established);
    refused(outcome, KnownError::Storage("disk".into()));
}

#[test]
fn credentials_are_kept_up_to_their_bounds() {
    let one = initiator();
    let (history, attestation) = {
        let presented = one.presented();
        let history = one.history().bytes();
        (history, &presented[1 + history.len()..presented.len() - 1])
    };
    let show = |credentials: &[u8]| {
        shown([&[0x83], history, attestation, credentials].concat(), NOW)
            .map(|established| established.peer.credentials().iter().map(<[u8]>::to_vec).collect())
    };
    let kept: Vec<Vec<u8>> = show(&[0x82, 0x01, 0x42, 7, 8]).expect("nobody looks at them");
    assert_eq!(kept, [vec![0x01], vec![0x42, 7, 8]]);
    let kept: Vec<_> = show(&[&[0x98, 200], &[0x01; 200][..]].concat()).expect("never fatal");
    assert_eq!(kept.len(), crate::presented::MAX_CREDENTIALS);
    let long = [&[0x81, 0x59, 0x50, 0x00], &[0; 0x5000][..]].concat();
    assert!(show(&long).expect("never fatal").is_empty());
    refused(shown([&[0x83], history, attestation, &[0x81]].concat(), NOW), Refusal::Malformed);
    refused(shown([&[0x82], history, attestation].concat(), NOW), Refusal::Malformed);
    // A field that is not known yet.
    assert!(shown([&[0x84], history, attestation, &[0x80, 0xf6]].concat(), NOW).is_ok());
    refused(shown(vec![0; 60_000], NOW), Refusal::Malformed);
}

#[test]
fn no_byte_of_a_message_can_be_changed() {
    let open = Open::new();
    let (one, _, message2) = half_way();
    let (_, message3) = one.finish(&message2, open.judge()).expect("it was not damaged");
    for at in 0..message2.len() {
        let (one, _, mut damaged) = half_way();
        damaged[at] ^= 1 << (at % 8);
        let outcome = one.finish(&damaged, open.judge()).map(drop);
        // The highest bit of `e` is no part of the key, but of the transcript.
        assert_eq!(outcome, Err(HandshakeError::Forged), "byte {at} of message 2");
    }
    for at in 0..message3.len() {
        let (_, other, _) = half_way();
        let mut damaged = message3.clone();
        damaged[at] ^= 1 << (at % 8);
        let outcome = other.finish(&damaged, open.judge()).map(drop);
        assert_eq!(outcome, Err(HandshakeError::Forged), "byte {at} of message 3");
    }
}

/// Any 32 bytes are a first message; a damaged one makes two ends that do not agree.
#[test]
fn a_first_message_that_was_damaged_ends_at_the_second() {
    for at in 0..32 {
        let (one, mut message1) = Initiator::start(&initiator(), seed(0x55), NOW).expect("valid");
        message1[at] ^= 1 << (at % 8);
        let (_, message2) =
            Responder::start(&responder(), seed(0x66), &message1, NOW).expect("any key will do");
        let outcome = one.finish(&message2, Open::new().judge()).map(drop);
        assert_eq!(outcome, Err(HandshakeError::Forged), "byte {at}");
    }
}

#[test]
fn messages_of_another_length() {
    let open = Open::new();
    let start = |message: &[u8]| Responder::start(&responder(), seed(0x66), message, NOW).map(drop);
    let (_, message1) = Initiator::start(&initiator(), seed(0x55), NOW).expect("valid");
    for length in 0..32 {
        assert_eq!(start(&message1[..length]), Err(HandshakeError::Length), "{length}");
    }
    // A payload in the clear is ignored, as far as a message may go.
    assert_eq!(start(&[&message1[..], &[7; 100]].concat()), Ok(()));
    assert_eq!(start(&[&message1[..], &[7; MAX_MESSAGE - 32]].concat()), Ok(()));
    assert_eq!(
        start(&[&message1[..], &[7; MAX_MESSAGE - 31]].concat()),
        Err(HandshakeError::Length)
    );
    let (one, _, message2) = half_way();
    let (_, message3) = one.finish(&message2, open.judge()).expect("it was not damaged");
    for length in 0..message2.len() {
        let (one, ..) = half_way();
        assert!(one.finish(&message2[..length], open.judge()).is_err(), "{length}");
    }
    for length in (0..message3.len()).chain([MAX_MESSAGE + 1]) {
        let (_, other, _) = half_way();
        let mut other_length = message3.clone();
        other_length.resize(length, 0);
        assert!(other.finish(&other_length, open.judge()).is_err(), "{length}");
    }
}

/// The points of small order of the curve, as they may be written: with these every secret
/// is zero, and known to all.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn keys_that_make_no_secret_are_refused() {
    for point in SMALL_ORDER {
        for highest_bit in [0, 0x80] {
            let mut key = hex(point);
            key[31] |= highest_bit;
            let outcome = Responder::start(&responder(), seed(0x66), &key, NOW).map(drop);
            assert_eq!(outcome, Err(HandshakeError::WeakKey), "e of I: {point}");
            let (one, _, message2) = half_way();
            let forged = [&key[..], &message2[32..]].concat();
            let outcome = one.finish(&forged, Open::new().judge()).map(drop);
            assert_eq!(outcome, Err(HandshakeError::WeakKey), "e of R: {point}");
        }
    }
}

#[test]
fn nobody_begins_with_an_identity_that_has_expired() {
    let one = initiator();
    let late = one.expires_at() + 1;
    assert_eq!(Initiator::start(&one, seed(1), late).map(drop), Err(HandshakeError::OwnExpired));
    let outcome = Responder::start(&one, seed(1), &hex(MESSAGE_1), late).map(drop);
    assert_eq!(outcome, Err(HandshakeError::OwnExpired));
}
