//! What a native worker is, and what it may ask of its node.

use std::future::Future;
use std::time::Duration;

use skep_protocol::{Address, Encode, Message, PayloadError, Route};

use crate::native::{Failure, Routed};
use crate::outbox::{Handling, StartError};
use crate::router::{RequestError, SendError};

/// A worker of the embedding program. It handles one message at a time, and what
/// its handler asks for is done when that returns `Ok`, or not at all.
pub trait Worker: Send + 'static {
    /// What it understands; a payload that it cannot read is rejected.
    type Message: Message + Send;

    /// Before its first message.
    fn initialize(
        &mut self,
        context: &mut Context,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = context;
        async { Ok(()) }
    }

    /// Handle one message. Calls never overlap.
    fn handle_message(
        &mut self,
        context: &mut Context,
        message: Routed<Self::Message>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Before it ends in good order.
    fn shutdown(&mut self, context: &mut Context) -> impl Future<Output = ()> + Send {
        let _ = context;
        async {}
    }
}

/// The node, as a native worker's handler may use it.
pub struct Context {
    pub(super) handling: Handling,
}

impl Context {
    /// The worker's own first address.
    pub fn address(&self) -> &Address {
        self.handling.asker().address()
    }

    /// Send a message when the handler succeeds.
    ///
    /// # Errors
    /// When nobody is at the first stop, has no room, or a limit is reached.
    pub fn send(&mut self, to: impl Into<Route>, body: impl Encode) -> Result<(), SendError> {
        let payload = encode(&body)?;
        self.handling.send(to.into(), payload)
    }

    /// Send `body` back along the way that the message in hand has come. The first
    /// answer to a request counts.
    ///
    /// # Errors
    /// As [`Context::send`], and when no message is in hand.
    pub fn reply(&mut self, body: impl Encode) -> Result<(), SendError> {
        let payload = encode(&body)?;
        self.handling.reply(payload).map_err(|why| SendError::Denied(why.to_string()))?
    }

    /// Send the message in hand on along `via` and then what is left of its own
    /// way, with this worker put on its return route: a hop, with an empty `via`.
    ///
    /// # Errors
    /// As [`Context::send`], and when no message is in hand.
    pub fn forward(&mut self, via: impl Into<Route>) -> Result<(), SendError> {
        self.handling.forward(via.into(), None).map_err(|why| SendError::Denied(why.to_string()))?
    }

    /// Send a message, and wait for its answer. What was asked for before is done
    /// now, whatever becomes of the handler.
    ///
    /// # Errors
    /// Why there is no answer, or that it is no `R`.
    pub async fn request<R: Message>(
        &mut self,
        to: impl Into<Route> + Send,
        body: impl Encode + Send,
        timeout: Duration,
    ) -> Result<R, RequestError> {
        let payload = encode(&body)?;
        let pending = self.handling.request(to.into(), payload, timeout)?;
        let answer = self.handling.wait(&pending).await?;
        R::decode(&answer).map_err(|why: PayloadError| RequestError::Unreadable(why.to_string()))
    }

    /// Send a message after a delay. The number cancels it.
    ///
    /// # Errors
    /// As [`Context::send`].
    pub fn send_after(
        &mut self,
        delay: Duration,
        to: impl Into<Route>,
        body: impl Encode,
    ) -> Result<u64, SendError> {
        let payload = encode(&body)?;
        self.handling.send_after(delay, to.into(), payload)
    }

    /// Forget a timer.
    ///
    /// # Errors
    /// When the handler has asked for too much.
    pub fn cancel(&mut self, timer: u64) -> Result<(), SendError> {
        self.handling.cancel(timer)
    }

    /// Start a worker from a component of the node, below this one.
    ///
    /// # Errors
    /// When there is no such component, the name is taken, or a limit is reached.
    pub fn start_worker(
        &mut self,
        component: &str,
        name: Option<&str>,
        args: Vec<u8>,
    ) -> Result<Address, StartError> {
        self.handling.start_worker(component, name, args)
    }

    /// Stop this worker, or one that it has started.
    ///
    /// # Errors
    /// When there is none, or it is another's.
    pub fn stop_worker(&mut self, worker: &Address) -> Result<(), SendError> {
        self.handling.stop_worker(worker)
    }

    /// Have `body` sent to this worker once that one has stopped for good.
    ///
    /// # Errors
    /// When a limit is reached.
    pub fn monitor(
        &mut self,
        worker: impl Into<Address>,
        body: impl Encode,
    ) -> Result<(), SendError> {
        let payload = encode(&body)?;
        self.handling.monitor(worker.into(), payload)
    }

    /// Forget the monitors on a worker.
    ///
    /// # Errors
    /// When the handler has asked for too much.
    pub fn demonitor(&mut self, worker: impl Into<Address>) -> Result<(), SendError> {
        self.handling.demonitor(worker.into())
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Context").field("address", self.address()).finish_non_exhaustive()
    }
}

pub(super) fn encode(body: &impl Encode) -> Result<bytes::Bytes, SendError> {
    body.encode().map(Into::into).map_err(|why| SendError::Encode(why.to_string()))
}
