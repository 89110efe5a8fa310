//! The benchmarks' other end where two workers talk: it plays ball with one, floods one, or
//! counts what comes, and tells whoever asked when so many messages are through. A message of
//! 16 bytes is a ball; any other says what to do: a letter, how many (`u32`, little-endian),
//! and with whom.
#![allow(missing_docs, reason = "generated code")]

use std::cell::RefCell;

wit_bindgen::generate!({ world: "series-worker", path: "../../../wit" });

#[path = "../../shared/series.rs"]
mod series;

use exports::skep::worker::handler::{Failure, Guest};
use skep::worker::types::SendError;
use skep::worker::{message, node};

/// The bytes of a ball.
const BALL: [u8; 16] = [7; 16];
/// Messages of one handler call: one less than the default `outbox-effects`, for the message
/// that has it go on.
const BATCH: u32 = 63;

#[derive(Default)]
struct Task {
    /// With whom; nobody where it only counts.
    peer: Vec<String>,
    left: u32,
    asker: Vec<String>,
    own: Vec<String>,
}

thread_local! {
    static TASK: RefCell<Task> = RefCell::default();
}

struct Traffic;

impl Guest for Traffic {
    #[inline(always)]
    fn handle(payload: Vec<u8>) -> Result<(), Failure> {
        let done = TASK.with_borrow_mut(|task| match payload.split_first() {
            Some(_) if payload.len() == BALL.len() => task.ball(),
            Some((b'f', [])) => task.flood(),
            Some((letter, rest)) => task.begin(*letter, rest),
            None => Ok(()),
        });
        done.map_err(|why| Failure::Retry(format!("{why:?}")))
    }
}

impl Task {
    fn begin(&mut self, letter: u8, rest: &[u8]) -> Result<(), SendError> {
        let Some((count, peer)) = rest.split_first_chunk() else { return Ok(()) };
        self.left = u32::from_le_bytes(*count);
        self.asker = message::return_route();
        self.peer = Vec::new();
        match letter {
            // Only counts.
            b'c' => message::reply(&[letter]),
            _ => {
                self.peer.push(String::from_utf8_lossy(peer).into_owned());
                self.own = vec![node::own_address()];
                if letter == b'f' { self.flood() } else { node::send(&self.peer, &BALL) }
            }
        }
    }

    /// One has come: send it back, or tell that it was the last.
    fn ball(&mut self) -> Result<(), SendError> {
        self.left = self.left.saturating_sub(1);
        match self.left {
            0 => node::send(&self.asker, b"done"),
            _ if self.peer.is_empty() => Ok(()),
            _ => node::send(&self.peer, &BALL),
        }
    }

    /// Send a batch, and go on with the next message.
    fn flood(&mut self) -> Result<(), SendError> {
        let now = self.left.min(BATCH);
        for _ in 0..now {
            node::send(&self.peer, &BALL)?;
        }
        self.left -= now;
        if self.left == 0 { Ok(()) } else { node::send(&self.own, b"f") }
    }
}

export!(Traffic);
