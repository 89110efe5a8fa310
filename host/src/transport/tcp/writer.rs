//! From a link's queue to its socket: many messages in one write.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::Arc;

use skep_protocol::frame::encode;

use crate::mailbox::Weigh;
use crate::router::Message;
use crate::transport::leave::{has_left, hindrance, onward, show};
use crate::transport::tcp::link::Link;
use crate::transport::tcp::session::Session;

/// As many bytes are put together for one write; one message may be longer.
const BATCH: usize = 64 << 10;
/// The room that a buffer keeps.
const KEPT: usize = 2 * BATCH;

/// A frame that only says that its sender lives: it has nowhere to go.
const HEARTBEAT: [u8; 8] = [0, 0, 0, 4, 0x83, 0x80, 0x80, 0x40];

/// What is being written. Whoever has the lock on it writes.
#[derive(Default)]
pub(super) struct Writer {
    /// The connection; none while there is none.
    pub(super) session: Option<Arc<Session>>,
    /// Frames, and how many bytes of them the system has taken.
    out: Vec<u8>,
    written: usize,
    /// The messages in `out`, and where each ends.
    batch: VecDeque<(usize, Box<Message>)>,
}

/// How far writing came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All that there was has left.
    Done,
    /// The other side does not read, for now.
    Blocked,
    /// There is no connection, or it is over.
    Unconnected,
}

impl Writer {
    /// Write what there is, as far as the socket takes it.
    pub(super) fn write(&mut self, link: &Link) -> Progress {
        let Some(session) = self.session.clone() else { return Progress::Unconnected };
        loop {
            if self.written == self.out.len() && !self.fill(link, &session) {
                return Progress::Done;
            }
            let left = self.out.get(self.written..).unwrap_or_default();
            match session.socket.try_write(left) {
                Ok(bytes) => self.advance(bytes, link),
                Err(why) if why.kind() == ErrorKind::WouldBlock => return Progress::Blocked,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => {
                    session.end(format!("it could not be written to: {why}"));
                    return Progress::Unconnected;
                }
            }
        }
    }

    /// Put the next messages together; false if there are none.
    fn fill(&mut self, link: &Link, session: &Session) -> bool {
        self.out.clear();
        self.out.shrink_to(KEPT);
        self.written = 0;
        while self.out.len() < BATCH {
            let Some(message) = link.next_message() else { break };
            self.add(message, link, session);
        }
        !self.out.is_empty()
    }

    /// Add a message as a frame. One that cannot be is given up.
    fn add(&mut self, mut message: Box<Message>, link: &Link, session: &Session) {
        if let Some(why) = hindrance(&message) {
            return link.give_up(message, why);
        }
        if let Err(why) = session.expect(&mut message) {
            return link.give_up(message, &why.to_string());
        }
        show(&session.peer, link.router(), &message.back.stops);
        let onward = onward(&message);
        match encode(&onward, &message.back.stops, &message.payload, &mut self.out) {
            Ok(()) => {
                drop(onward);
                self.batch.push_back((self.out.len(), message));
            }
            Err(why) => {
                drop(onward);
                session.withdraw(&mut message);
                link.give_up(message, &why.to_string());
            }
        }
    }

    /// So many bytes have left, and the messages that end in them.
    fn advance(&mut self, bytes: usize, link: &Link) {
        self.written += bytes;
        let mut messages = 0;
        while self.batch.front().is_some_and(|(end, _)| *end <= self.written) {
            let Some((_, mut message)) = self.batch.pop_front() else { break };
            link.release(&message);
            if let Some(session) = &self.session
                && let Some(token) = message.token.take_if(|token| token.follows())
            {
                session.follow(token);
            }
            has_left(&mut message);
            messages += 1;
        }
        link.sent(messages, bytes);
    }

    /// Say that this side lives, if nothing else is said anyway.
    pub(super) fn beat(&mut self, link: &Link) {
        if self.session.is_some() && self.written == self.out.len() && link.is_quiet() {
            self.out.clear();
            self.out.shrink_to(0);
            self.batch.shrink_to(0);
            self.written = 0;
            self.out.extend_from_slice(&HEARTBEAT);
        }
    }

    /// The connection is over. Gives back the messages that may not have left as a whole.
    #[expect(clippy::vec_box, reason = "they come from a queue of boxes, and go back there")]
    pub(super) fn disconnect(&mut self) -> Vec<Box<Message>> {
        let session = self.session.take();
        let batch = std::mem::take(&mut self.batch);
        self.out = Vec::new();
        self.written = 0;
        let withdrawn = batch.into_iter().map(|(_, mut message)| {
            if let Some(session) = &session {
                session.withdraw(&mut message);
            }
            message
        });
        withdrawn.collect()
    }
}

impl Link {
    /// The next message to write. It keeps its place until it has left.
    fn next_message(&self) -> Option<Box<Message>> {
        self.queue().pop()
    }

    /// A message has left: its place is free.
    #[expect(clippy::borrowed_box, reason = "what lies in a mailbox has a weight")]
    fn release(&self, message: &Box<Message>) {
        self.queue().release(message.weight());
    }
}
