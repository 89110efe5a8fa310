//! [`Routed`]: the message being handled.

use std::marker::PhantomData;
use std::time::Duration;

use crate::{Address, Encode, Origin, Result, Route, host};

/// The message being handled: its body, and the way it has come and has to go.
///
/// It lives as long as the call that handles it, which its lifetime says (in the
/// signature of a handler it need not be written: `Routed<String>`). To answer
/// later, keep its [`return_route`](Self::return_route) and send along that.
///
/// ```compile_fail,E0521
/// # use skep_worker::prelude::*;
/// struct Hoarder(Vec<Routed<'static, String>>);
///
/// impl Worker for Hoarder {
///     type Message = String;
///
///     fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
///         self.0.push(msg);
///         Ok(())
///     }
/// }
/// ```
///
/// Only the payload is at hand. Everything else is asked of the node when it is
/// called for, so that a worker that merely replies never sees a route.
#[derive(Debug)]
pub struct Routed<'call, M> {
    body: M,
    payload: Vec<u8>,
    call: PhantomData<&'call ()>,
}

impl<'call, M> Routed<'call, M> {
    /// The message that `call` is about. The node's functions mean the current
    /// message, whichever value they are called on: hence the lifetime.
    pub(crate) fn new(body: M, payload: Vec<u8>, call: &'call ()) -> Self {
        let _ = call;
        Self { body, payload, call: PhantomData }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &M {
        &self.body
    }

    /// The body, to keep.
    #[must_use]
    pub fn into_body(self) -> M {
        self.body
    }

    /// The bytes that the body was read from.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The address of this worker that it was sent to.
    #[must_use]
    pub fn recipient(&self) -> Address {
        host::recipient()
    }

    /// What is left of its way after this worker.
    #[must_use]
    pub fn onward_route(&self) -> Route {
        host::onward_route()
    }

    /// The way back to where it came from. It may be kept, to answer later.
    #[must_use]
    pub fn return_route(&self) -> Route {
        host::return_route()
    }

    /// Who put it on its way, as far as the node can vouch for it.
    #[must_use]
    pub fn sender(&self) -> Origin {
        host::sender()
    }

    /// 1 for a first delivery, 2 for the second, …
    #[must_use]
    pub fn attempt(&self) -> u32 {
        host::attempt()
    }

    /// How long somebody still waits for the answer, if anybody does.
    #[must_use]
    pub fn awaited(&self) -> Option<Duration> {
        host::awaited()
    }
}

/// Passing it on. The first answer to a request counts.
impl<M> Routed<'_, M> {
    /// Sends `body` back along the return route.
    ///
    /// # Errors
    /// When `body` has no encoding or the answer is not accepted
    /// ([`SendError`](crate::SendError)).
    pub fn reply(&self, body: impl Encode) -> Result<()> {
        Ok(host::reply(&body.to_payload()?)?)
    }

    /// Sends the message on along the rest of its way, its bytes as they are, with
    /// this worker put on the return route.
    ///
    /// # Errors
    /// When the message is not accepted at its next stop.
    pub fn forward(&self) -> Result<()> {
        Ok(host::forward(&Route::new(), None)?)
    }

    /// The same along `via` first.
    ///
    /// # Errors
    /// When the message is not accepted at its next stop.
    pub fn forward_via(&self, via: impl Into<Route>) -> Result<()> {
        Ok(host::forward(&via.into(), None)?)
    }

    /// The same along `via` first, which may be empty (`route![]`), with another body.
    /// Its next receiver sees this worker as its origin.
    ///
    /// # Errors
    /// When `body` has no encoding or the message is not accepted at its next stop.
    pub fn forward_with(&self, via: impl Into<Route>, body: impl Encode) -> Result<()> {
        Ok(host::forward(&via.into(), Some(&body.to_payload()?))?)
    }
}
