//! What comes through a secure channel that is open. The first byte says what the others
//! are: what is inside a message, or a script of what happens to messages on their way.

use std::collections::BTreeSet;

use skep_protocol::address::MAX_BYTES;
use skep_protocol::route::MAX_HOPS;
use skep_protocol::{Route, route};
use skep_secure::transport::OpenError;
use skep_secure::{Message, Opener, Sealer};

use crate::secure::BOTH;

/// The target.
pub fn body(data: &[u8]) {
    match data.split_first() {
        Some((0..128, data)) => inside(data),
        Some((_, data)) => on_the_way(data),
        None => {}
    }
}

/// What can be read can be sent, and is the same at the other end.
fn inside(text: &[u8]) {
    let Ok(message) = Message::decode(text) else {
        return;
    };
    if let Message::Payload { onward, back, .. } = &message {
        for route in [onward, back] {
            assert!(route.len() <= MAX_HOPS);
            assert!(route.iter().all(|stop| (1..=MAX_BYTES).contains(&stop.bytes().len())));
        }
    }
    let (mut one, mut other) = BOTH.open();
    let mut sealed = Vec::new();
    one.sealer.seal(&message, &mut sealed).unwrap();
    assert_eq!(sealed.len(), message.sealed_len());
    let opened = other.opener.open(&mut sealed).unwrap();
    assert_eq!(Message::decode(&sealed[opened.text]), Ok(message));
}

/// What should be true of a channel's one direction.
struct Model {
    sealer: Sealer,
    opener: Opener,
    sealed: Vec<Vec<u8>>,
    came: BTreeSet<u64>,
    highest: u64,
}

/// Each two bytes are a step: some messages more, or one that comes, or that comes damaged.
fn on_the_way(script: &[u8]) {
    let (one, other) = BOTH.open();
    let mut model = Model {
        sealer: one.sealer,
        opener: other.opener,
        sealed: Vec::new(),
        came: BTreeSet::new(),
        highest: 0,
    };
    for step in script.chunks_exact(2) {
        match step[0] % 8 {
            0 => (0..step[1] % 48).for_each(|_| model.seal()),
            1 => model.damaged(step[1]),
            2 => model.comes(usize::from(step[1])),
            _ => {
                model.seal();
                let back = usize::from(step[1] % 40);
                model.comes(model.sealed.len().saturating_sub(1 + back));
            }
        }
    }
}

impl Model {
    fn seal(&mut self) {
        let number = (self.sealed.len() as u64).to_be_bytes();
        let (onward, back) = (route!["echoer"], Route::new());
        let mut sealed = Vec::new();
        let message = Message::Payload { onward, back, payload: &number };
        self.sealer.seal(&message, &mut sealed).unwrap();
        self.sealed.push(sealed);
    }

    /// It is opened if its nonce is within the window and has not come.
    fn comes(&mut self, index: usize) {
        let Some(mut message) = self.sealed.get(index).cloned() else {
            return;
        };
        let nonce = index as u64;
        let is_near = nonce <= self.highest + 32 && nonce + 32 >= self.highest;
        match self.opener.open(&mut message) {
            Ok(opened) => {
                assert!(is_near && self.came.insert(nonce), "{nonce}");
                assert_eq!(opened.is_newest, nonce > self.highest);
                self.highest = self.highest.max(nonce);
                let Ok(Message::Payload { payload, .. }) = Message::decode(&message[opened.text])
                else {
                    panic!("{nonce} is another message");
                };
                assert_eq!(payload, nonce.to_be_bytes());
            }
            Err(why) => {
                assert_eq!(why, OpenError::Nonce(nonce));
                assert!(!is_near || self.came.contains(&nonce));
                assert_eq!(message, self.sealed[index]);
            }
        }
    }

    fn damaged(&mut self, at: u8) {
        let Some(mut message) = self.sealed.last().cloned() else {
            return;
        };
        let at = usize::from(at) % (8 * message.len());
        message[at / 8] ^= 1 << (at % 8);
        assert!(self.opener.open(&mut message).is_err(), "bit {at}");
    }
}
