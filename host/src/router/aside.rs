//! Messages that wait before they are delivered again, and those of the same senders that
//! must not pass them. Everybody else's are handled meanwhile: who cannot be answered does
//! not keep others from being.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::mailbox::Mailbox;
use crate::router::{Message, Origin};

/// The messages that were set aside. Each keeps its place in the mailbox, which so bounds
/// them.
#[derive(Debug, Default)]
pub(crate) struct Aside(VecDeque<Waiting>);

#[derive(Debug)]
struct Waiting {
    message: Box<Message>,
    /// When it may be delivered; none if it only waits behind another of its sender.
    due: Option<Instant>,
}

impl Aside {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// A message is to be delivered again, not before `due`: before all others of its
    /// sender, so at the front.
    pub(crate) fn retry(&mut self, message: Box<Message>, due: Instant) {
        self.0.push_front(Waiting { message, due: Some(due) });
    }

    /// The next message that may be handled, of those set aside or else of the mailbox.
    pub(crate) fn next(&mut self, mailbox: &Mailbox<Box<Message>>) -> Option<Box<Message>> {
        if self.is_empty() {
            return mailbox.pop();
        }
        if let Some(message) = self.take(Instant::now()) {
            return Some(message);
        }
        while let Some(message) = mailbox.pop() {
            if let Some(message) = self.admit(message) {
                return Some(message);
            }
        }
        None
    }

    /// A message that has just come. It is given back if it need not wait behind another
    /// of its sender.
    fn admit(&mut self, message: Box<Message>) -> Option<Box<Message>> {
        if !self.0.iter().any(|waiting| same(&waiting.message.origin, &message.origin)) {
            return Some(message);
        }
        self.0.push_back(Waiting { message, due: None });
        None
    }

    /// The first message that may be delivered now: its time has come, or it waits behind
    /// none of its sender any more.
    fn take(&mut self, now: Instant) -> Option<Box<Message>> {
        let index = (0..self.0.len()).find(|&index| self.is_ready(index, now))?;
        self.0.remove(index).map(|waiting| waiting.message)
    }

    fn is_ready(&self, index: usize, now: Instant) -> bool {
        let Some(waiting) = self.0.get(index) else { return false };
        match waiting.due {
            Some(due) => due <= now,
            None => {
                let mut before = self.0.iter().take(index);
                !before.any(|other| same(&other.message.origin, &waiting.message.origin))
            }
        }
    }

    /// When the next one may be delivered that waits for its time.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.0.iter().filter_map(|waiting| waiting.due).min()
    }

    /// Take out all, in the order in which they would be delivered.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Box<Message>> {
        self.0.drain(..).map(|waiting| waiting.message)
    }
}

/// Whether two messages are of one sender. All notices of the node are.
fn same(a: &Origin, b: &Origin) -> bool {
    match (a, b) {
        (Origin::Node(_), Origin::Node(_)) => true,
        (a, b) => a == b,
    }
}
