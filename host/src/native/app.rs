//! The program that embeds the node, as the worker `app`.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use skep_protocol::{Address, Encode, Message as Payload, PayloadError, Route};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::{Limits, Network};
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::native::context::encode;
use crate::native::{APP, Routed, give_way};
use crate::outbox::Core;
use crate::router::{
    Answer, GiveUp, Message, Next, Origin, Pending, Recipient, RequestError, Router, SendError,
    Stats, Token, Unplaced, Way,
};
use crate::sync::{AtomicBool, Ordering};

/// How long [`App::send_and_receive`] waits unless it is told otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The program's own address and mailbox.
pub(crate) struct AppPost {
    address: Address,
    mailbox: Mailbox<Box<Message>>,
    woken: Notify,
    stats: Stats,
    closed: AtomicBool,
    /// A message was taken, others wait, and nothing was sent since.
    busy: AtomicBool,
}

impl AppPost {
    pub(crate) fn new() -> Arc<Self> {
        let limits = Limits::default();
        let capacity = Capacity { messages: limits.mailbox_messages, bytes: limits.mailbox_bytes };
        Arc::new(Self {
            address: APP.into(),
            mailbox: Mailbox::new(capacity),
            woken: Notify::new(),
            stats: Stats::default(),
            closed: AtomicBool::new(false),
            busy: AtomicBool::new(false),
        })
    }

    /// The node stops: who waits for a message is told.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.woken.notify_waiters();
        self.woken.notify_one();
    }
}

impl Recipient for AppPost {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    fn notify(self: Arc<Self>) {
        self.woken.notify_one();
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn network(&self) -> Network {
        Network::everywhere()
    }
}

/// The embedding program as a worker: it sends, and receives at the address `app`.
///
/// All handles of one node share one mailbox.
#[derive(Clone)]
pub struct App {
    core: Arc<Core>,
    post: Arc<AppPost>,
}

/// Why no message was received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The node has stopped.
    #[error("the node has stopped")]
    Closed,
    /// The payload is not what was expected; the message is gone.
    #[error("the message cannot be read: {0}")]
    Unreadable(#[from] PayloadError),
}

impl App {
    pub(crate) fn new(core: Arc<Core>, post: Arc<AppPost>) -> Self {
        Self { core, post }
    }

    /// The program's own address, `app`.
    pub fn address(&self) -> &Address {
        &self.post.address
    }

    /// Send a message; answers come to [`App::receive`].
    ///
    /// The receiver mostly handles it on this thread, before this returns. What is sent between
    /// two messages that were waiting is handled when all of those are taken, or a millisecond
    /// or two later: so a worker finds more to do at once.
    ///
    /// # Errors
    /// When nobody is at the first stop, has no room, or the route is not acceptable.
    #[expect(clippy::unused_async, reason = "room to wait, as Ockam's `send` does")]
    pub async fn send(&self, to: impl Into<Route>, body: impl Encode) -> Result<(), SendError> {
        let back = Route::from(&self.post.address).into();
        let next = self.place(to.into(), back, encode(&body)?, None)?;
        let deliver = || next.deliver(&self.core.router);
        // Read first: to exchange it would take longer than all else here.
        if self.post.busy.load(Ordering::Relaxed) {
            self.post.busy.store(false, Ordering::Relaxed);
            self.core.executor.leaving(deliver);
        } else {
            self.core.executor.helping(deliver);
            // Its receiver may be among those that were left before.
            self.core.executor.take_up();
        }
        Ok(())
    }

    /// Send a message, and wait for its answer for at most 30 seconds.
    ///
    /// # Errors
    /// Why there is no answer, or that it is no `R`.
    pub async fn send_and_receive<R: Payload>(
        &self,
        to: impl Into<Route>,
        body: impl Encode,
    ) -> Result<R, RequestError> {
        self.send_and_receive_within(to, body, TIMEOUT).await
    }

    /// Send a message, and wait for its answer for at most `timeout`.
    ///
    /// # Errors
    /// Why there is no answer, or that it is no `R`.
    pub async fn send_and_receive_within<R: Payload>(
        &self,
        to: impl Into<Route>,
        body: impl Encode,
        timeout: Duration,
    ) -> Result<R, RequestError> {
        let answer = self.request(to.into(), encode(&body)?, timeout).await?;
        R::decode(&answer).map_err(|why| RequestError::Unreadable(why.to_string()))
    }

    /// A request with bytes, whose answer is bytes.
    pub(crate) async fn request(
        &self,
        to: Route,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, RequestError> {
        give_way().await;
        let pending = Pending::new(&self.core.router, Instant::now() + timeout, None);
        let _asked = GiveUp(&pending);
        let (back, token) = (Answer(pending.clone()).into(), Some(Token::new(&pending)));
        let next = self.place(to, back, payload, token)?;
        self.core.executor.helping(|| next.deliver(&self.core.router));
        self.core.executor.take_up();
        // Most answers are here by now, and need no timer.
        let mut late = pin!(None);
        poll_fn(|context| {
            if let Poll::Ready(outcome) = pending.poll(context) {
                return Poll::Ready(outcome);
            }
            if late.is_none() {
                late.set(Some(tokio::time::sleep_until(pending.deadline())));
            }
            let is_late =
                late.as_mut().as_pin_mut().is_some_and(|late| late.poll(context).is_ready());
            if is_late { Poll::Ready(Err(RequestError::Timeout)) } else { Poll::Pending }
        })
        .await
    }

    /// A message with its place.
    #[inline]
    fn place(
        &self,
        to: Route,
        back: Way,
        payload: Bytes,
        token: Option<Token>,
    ) -> Result<Next, SendError> {
        Router::check(&to)?;
        let most = Limits::default().message;
        if payload.len() > most {
            return Err(SendError::TooLarge(most));
        }
        let origin = Origin::Worker(self.post.address.clone());
        let message = Unplaced::new(to.into(), back, payload, origin, token);
        self.core.router.route(message).or_else(|(why, message)| self.place_again(why, message))
    }

    /// Try again where there was no room: what was left may be what the mailbox is full of.
    #[cold]
    fn place_again(&self, why: SendError, message: Unplaced) -> Result<Next, SendError> {
        if matches!(why, SendError::MailboxFull(_)) && self.core.executor.take_up() {
            return self.core.router.route(message).map_err(|(why, _)| why);
        }
        Err(why)
    }

    /// The next message that was sent to `app`. Waits until there is one.
    ///
    /// # Errors
    /// When the node has stopped, or the payload is no `M`.
    pub async fn receive<M: Payload>(&mut self) -> Result<Routed<M>, ReceiveError> {
        give_way().await;
        loop {
            if let Some(message) = self.post.mailbox.pop() {
                self.post.mailbox.release(message.weight());
                self.post.busy.store(!self.post.mailbox.is_empty(), Ordering::Relaxed);
                return Ok(Routed::owned(message)?);
            }
            if self.core.executor.help_out() {
                continue;
            }
            if !self.post.is_open() {
                return Err(ReceiveError::Closed);
            }
            self.post.woken.notified().await;
        }
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("App").finish_non_exhaustive()
    }
}
