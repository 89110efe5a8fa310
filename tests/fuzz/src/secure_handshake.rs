//! Handshakes of secure channels, and what is shown in them. The first byte says what the
//! others are: a message, a history, what a peer shows, an identity's text, or the damage to
//! something that is all right.

use skep_secure::identity::{Comparison, History, Identity};
use skep_secure::presented::Refusal;
use skep_secure::{HandshakeError, Judge, Peer, Trust};

use crate::secure::{BOTH, Both};

/// The target.
pub fn body(data: &[u8]) {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    let both = &*BOTH;
    match how % 8 {
        0 => first(both, data),
        1 => assert!(both.start().0.finish(data, both.judge()).is_err()),
        2 => assert!(both.third().0.finish(data, both.judge()).is_err()),
        3 => history(data),
        4 => drop(judged(both, data)),
        5 => shown_damaged(both, data),
        6 => said_damaged(both, data),
        _ => text(data),
    }
}

/// Any bytes of the right length are a first message, but for keys that make no secret.
fn first(both: &Both, message: &[u8]) {
    match both.answer(message) {
        Ok((_, message2)) => {
            assert!(message.len() >= 32);
            assert_eq!(message2.len(), 96 + both.other.presented().len());
        }
        Err(HandshakeError::Length) => assert!(message.len() < 32),
        Err(why) => assert_eq!(why, HandshakeError::WeakKey),
    }
}

/// What is a history is the same history again.
fn history(bytes: &[u8]) {
    let Ok(history) = History::verify(bytes) else {
        return;
    };
    assert_eq!(history.bytes(), bytes);
    assert!((1..=skep_secure::identity::MAX_CHANGES).contains(&history.changes()));
    let again = History::verify(history.bytes()).unwrap();
    assert_eq!(again.compare(&history), Comparison::Equal);
    assert_eq!(again.identifier(), history.identifier());
    assert_eq!(History::claimed(bytes), Ok(history.identifier()));
}

/// Who is let in is one of those who are trusted, and has said all of it.
fn judged(both: &Both, shown: &[u8]) -> Result<Peer, Refusal> {
    // Who is not trusted is refused before anything is verified.
    let (claimed, everyone) = (both.judge().verify(shown, &key_of(&both.one)), Trust::everyone());
    let peer = Judge { trust: &everyone, ..both.judge() }.verify(shown, &key_of(&both.one));
    assert_eq!(claimed.is_ok(), peer.is_ok());
    let peer = peer?;
    assert_eq!(peer.identifier(), both.one.identifier(), "nobody else has this key");
    Ok(peer)
}

/// The key that an identity attests: it stands in what it shows, after the last `8200 8200`
/// and the head of 32 bytes.
fn key_of(identity: &Identity) -> [u8; 32] {
    let shown = identity.presented();
    let before = [0x82, 0x00, 0x81, 0x58, 0x20];
    let at = shown.windows(before.len()).rposition(|bytes| bytes == before).unwrap();
    shown[at + before.len()..][..32].try_into().unwrap()
}

/// Nothing of what is shown can be changed but the credentials, which nobody believes.
fn shown_damaged(both: &Both, damage: &[u8]) {
    let right = both.one.presented();
    assert!(judged(both, right).is_ok());
    let Some(damaged) = damaged(right, damage) else {
        return;
    };
    let is_signed = damaged.get(..right.len() - 1) != right.get(..right.len() - 1);
    assert!(judged(both, &damaged).is_err() || !is_signed);
}

/// Nothing at all of a message can be.
fn said_damaged(both: &Both, damage: &[u8]) {
    let (start, _, message2) = both.half_way();
    if let Some(damaged) = damaged(&message2, damage) {
        assert!(start.finish(&damaged, both.judge()).is_err());
    }
    let (answer, message3) = both.third();
    if let Some(damaged) = damaged(&message3, damage) {
        assert!(answer.finish(&damaged, both.judge()).is_err());
    }
}

/// `right` with other bytes at some places, or cut off; `None` if it is the same.
fn damaged(right: &[u8], damage: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = right.to_vec();
    for step in damage.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([step[0], step[1]])) % (right.len() + 1);
        match bytes.get_mut(at) {
            Some(byte) => *byte ^= step[2],
            None => bytes.truncate(usize::from(step[2])),
        }
    }
    (bytes != right).then_some(bytes)
}

/// What is an identity's text is so again; and no text is told of in words that are unsafe.
fn text(bytes: &[u8]) {
    match Identity::from_text(&String::from_utf8_lossy(bytes)) {
        Ok(identity) => assert!(Identity::from_text(&identity.to_text()).is_ok()),
        Err(why) => assert!(why.to_string().chars().all(|c| (' '..='~').contains(&c))),
    }
}
