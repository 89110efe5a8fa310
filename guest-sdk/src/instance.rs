//! One worker and its context, called by the node or by a test.

use crate::{Birth, Context, Error, Failure, Message, Result, Routed, Worker};

/// An instance of a worker.
pub(crate) struct Instance<W> {
    worker: W,
    context: Context,
}

impl<W: Worker> Instance<W> {
    pub(crate) const fn new(worker: W) -> Self {
        Self { worker, context: Context::new() }
    }

    /// Handles a message. Its payload is read first: a worker never sees one that it
    /// does not understand.
    pub(crate) fn handle(&mut self, payload: Vec<u8>) -> Result<(), Failure> {
        let body = W::Message::decode(&payload).map_err(Error::from)?;
        let message = Routed::new(body, payload, &());
        Ok(self.worker.handle_message(&mut self.context, message)?)
    }

    pub(crate) fn start(&mut self, args: &[u8], why: Birth) -> Result<()> {
        self.context.begin(why);
        self.worker.initialize(&mut self.context, args)
    }

    pub(crate) fn stop(&mut self) {
        self.worker.shutdown(&mut self.context);
    }

    /// What outlives it; none if nothing does.
    pub(crate) fn save(&mut self) -> Option<Result<Vec<u8>>> {
        self.worker.state().map(|state| state.save())
    }

    pub(crate) fn restore(&mut self, saved: &[u8]) -> Result<()> {
        match self.worker.state() {
            Some(state) => state.restore(saved),
            None => Ok(()),
        }
    }
}
