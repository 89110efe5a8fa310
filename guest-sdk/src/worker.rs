//! What a worker is: [`Worker`], and [`State`] for what outlives its instance.

use crate::{Context, Message, Result, Routed};

/// A worker: one or more addresses, one mailbox, and code that handles one message
/// at a time.
///
/// [`#[worker]`](macro@crate::worker) on the `impl` makes it the worker of a
/// component. An error that [`handle_message`](Self::handle_message) returns undoes
/// what it has asked of the node; see [`Error`](crate::Error) for what becomes of
/// the message.
pub trait Worker: 'static {
    /// What it understands: `String`, `Vec<u8>`, a type with `#[derive(Message)]`, …
    /// A payload that is none is rejected before `handle_message` is called. A
    /// worker that does not look at the payload takes [`Any`](crate::Any).
    type Message: Message;

    /// Prepares an instance, before its first message and before its state is
    /// restored. `args` are what the worker was started with, each time;
    /// [`Context::birth`] says why it begins.
    ///
    /// # Errors
    /// Whatever keeps it from working: the instance is given up.
    fn initialize(&mut self, ctx: &mut Context, args: &[u8]) -> Result<()> {
        let _ = (ctx, args);
        Ok(())
    }

    /// Handles one message.
    ///
    /// # Errors
    /// Whatever keeps it from doing so. What it has asked of the node is then not
    /// done, and the message is delivered again or rejected.
    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Self::Message>) -> Result<()>;

    /// Cleans up, before an instance ends in good order.
    fn shutdown(&mut self, ctx: &mut Context) {
        let _ = ctx;
    }

    /// The part that outlives an instance. `#[worker(state)]` writes this.
    fn state(&mut self) -> Option<&mut dyn State> {
        None
    }
}

/// What outlives an instance: across a reload, a restart, or time spent asleep.
///
/// `#[worker(state)]` implements it for the whole value by serde; fields marked
/// `#[serde(skip)]` are then their defaults after a restore, also where
/// `initialize` has set them. `#[worker(state = custom)]` takes an `impl` of one's
/// own. Neither function may ask the node for anything but a log line.
pub trait State {
    /// The state as bytes.
    ///
    /// # Errors
    /// When there is no writing it: the node keeps the last one that was saved.
    fn save(&self) -> Result<Vec<u8>>;

    /// Takes up what an earlier instance, perhaps of an older version, has saved.
    ///
    /// # Errors
    /// When it cannot be read: the instance is given up.
    fn restore(&mut self, state: &[u8]) -> Result<()>;
}
