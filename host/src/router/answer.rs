//! A request that someone waits on: its one outcome, and what ties messages to it.

use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use skep_protocol::Address;
use thiserror::Error;
use tokio::time::Instant;

use crate::router::recipient::{Recipient, SendError};
use crate::router::table::Router;
use crate::sync::{AtomicBool, AtomicUsize, Mutex, OnceLock, Ordering, lock};

/// What a requester is told when its message was handled, and that was all.
pub(crate) const UNANSWERED: &str = "it was handled, and nobody answered it";

/// Why a request brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The message could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// No answer came within the time given.
    #[error("no answer within the time given")]
    Timeout,
    /// The receiver failed on the message; the text says how.
    #[error("the receiver failed: {0}")]
    Failed(String),
    /// The receiver refused the message.
    #[error("the receiver rejected the message: {0}")]
    Rejected(String),
    /// The message was given up on its way.
    #[error("the message was dropped: {0}")]
    Dropped(String),
    /// Its receiver waits for this worker; the text names the circle.
    #[error("waiting would never end: {0}")]
    Cycle(String),
    /// The answer is not what was expected.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

/// A request that someone waits on. It has exactly one outcome: the first answer,
/// a failure, or the requester's giving up.
pub(crate) struct Pending {
    state: Mutex<State>,
    /// Read without the lock: nobody waits any more.
    over: AtomicBool,
    /// Messages within the node that carry its token.
    copies: AtomicUsize,
    /// Its name in the address table, once someone has asked for it.
    name: OnceLock<Address>,
    router: Weak<Router>,
    deadline: Instant,
    /// The worker that waits, if one does: the program itself may wait for anything.
    requester: Option<Arc<dyn Recipient>>,
    /// See [`Token::follows`].
    follows: bool,
}

enum State {
    Waiting { waker: Option<Waker>, at: Option<Weak<dyn Recipient>> },
    Done(Result<Bytes, RequestError>),
    Over,
}

impl Pending {
    /// A request that is given up at `deadline`, made by `requester` if that is a worker.
    pub(crate) fn new(
        router: &Arc<Router>,
        deadline: Instant,
        requester: Option<Arc<dyn Recipient>>,
    ) -> Arc<Self> {
        Arc::new(Self::waiting(router, deadline, requester))
    }

    /// One that the node makes itself, whose answer comes as a message: it is settled when the
    /// link is lost that its own message has left by.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "channels make them"))]
    pub(crate) fn following(router: &Arc<Router>, deadline: Instant) -> Arc<Self> {
        Arc::new(Self { follows: true, ..Self::waiting(router, deadline, None) })
    }

    fn waiting(
        router: &Arc<Router>,
        deadline: Instant,
        requester: Option<Arc<dyn Recipient>>,
    ) -> Self {
        Self {
            state: Mutex::new(State::Waiting { waker: None, at: None }),
            over: AtomicBool::new(false),
            copies: AtomicUsize::new(0),
            name: OnceLock::new(),
            router: Arc::downgrade(router),
            deadline,
            requester,
            follows: false,
        }
    }

    /// Settle it, if nothing has before.
    pub(crate) fn complete(&self, outcome: Result<Bytes, RequestError>) {
        let mut state = lock(&self.state);
        let State::Waiting { waker, .. } = &mut *state else { return };
        let waker = waker.take();
        *state = State::Done(outcome);
        drop(state);
        self.forget();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The outcome, once it is there.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Bytes, RequestError>> {
        let mut state = lock(&self.state);
        if let State::Waiting { waker, .. } = &mut *state {
            if !waker.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
                *waker = Some(context.waker().clone());
            }
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, State::Over) {
            State::Done(outcome) => Poll::Ready(outcome),
            _ => Poll::Ready(Err(RequestError::Timeout)),
        }
    }

    /// Nobody waits any more.
    fn give_up(&self) {
        *lock(&self.state) = State::Over;
        self.forget();
    }

    /// When the requester gives up.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn requester(&self) -> Option<&Arc<dyn Recipient>> {
        self.requester.as_ref()
    }

    /// Where its message was delivered last, if it has only one.
    pub(crate) fn location(&self) -> Option<Arc<dyn Recipient>> {
        if self.copies.load(Ordering::Acquire) != 1 {
            return None;
        }
        match &*lock(&self.state) {
            State::Waiting { at, .. } => at.as_ref()?.upgrade(),
            _ => None,
        }
    }

    /// Its message goes to this mailbox.
    pub(crate) fn move_to(&self, recipient: &Arc<dyn Recipient>) {
        if let State::Waiting { at, .. } = &mut *lock(&self.state) {
            *at = Some(Arc::downgrade(recipient));
        }
    }

    /// Whether there is no outcome yet. Asked under the lock that the outcome is set
    /// under: who makes the name and then hears that there is none can rely on the
    /// name being seen, and forgotten, by who sets the outcome.
    fn is_awaited(&self) -> bool {
        matches!(*lock(&self.state), State::Waiting { .. })
    }

    fn forget(&self) {
        self.over.store(true, Ordering::Release);
        if let (Some(name), Some(router)) = (self.name.get(), self.router.upgrade()) {
            router.forget_answer(name);
        }
    }
}

/// While this lives, somebody waits. When it goes, however that comes, nobody does any more: a
/// message that still carries the request is known by that as one that nobody needs.
pub(crate) struct GiveUp<'a>(pub(crate) &'a Pending);

impl Drop for GiveUp<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Pending").field("over", &self.over).finish_non_exhaustive()
    }
}

/// The far end of a return route: where the answer to a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub(crate) Arc<Pending>);

impl Answer {
    /// Whether nobody waits any more.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links ask"))]
    pub(crate) fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Acquire)
    }

    /// Its name in the address table: random, so that only who was shown a return
    /// route can answer, and made only when someone asks.
    pub(crate) fn expose(&self) -> Address {
        let name = self.0.name.get_or_init(|| {
            let name = random_name();
            if let Some(router) = self.0.router.upgrade() {
                router.register_answer(name.clone(), &self.0);
            }
            name
        });
        if !self.0.is_awaited() {
            self.0.forget();
        }
        name.clone()
    }
}

/// `_` and 32 hexadecimal digits; names with a leading `_` are the node's.
fn random_name() -> Address {
    let mut random = [0; 16];
    // Without randomness the name cannot be unguessable, and 16 zero bytes would
    // be shared: `forget_answer` then takes the name away, and the wait times out.
    let _ = getrandom::fill(&mut random);
    Address::local(format!("_{:032x}", u128::from_be_bytes(random)).as_bytes())
}

/// What a message carries of the request that someone waits on. When the last
/// copy within the node is lost, the requester is told.
#[derive(Debug)]
pub(crate) struct Token {
    pending: Arc<Pending>,
    /// Why this copy is lost, if it is. In a box: every message has room for it,
    /// and few need it.
    lost: Option<Box<RequestError>>,
}

impl Token {
    /// The token of a request's first message.
    pub(crate) fn new(pending: &Arc<Pending>) -> Self {
        pending.copies.fetch_add(1, Ordering::AcqRel);
        Self { pending: pending.clone(), lost: None }
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_over(&self) -> bool {
        self.pending.over.load(Ordering::Acquire)
    }

    /// The request itself.
    pub(crate) fn pending(&self) -> &Arc<Pending> {
        &self.pending
    }

    /// Whether it is kept where its message has left by a link, until that is lost.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links ask"))]
    pub(crate) fn follows(&self) -> bool {
        self.pending.follows
    }

    /// Lose this copy for a reason, which the requester is told if it was the last.
    pub(crate) fn lose(mut self, why: RequestError) {
        self.lost = Some(Box::new(why));
    }
}

impl Clone for Token {
    fn clone(&self) -> Self {
        Self::new(&self.pending)
    }
}

impl Drop for Token {
    /// One step decides which copy is the last: of two that go at the same instant
    /// exactly one tells the requester.
    fn drop(&mut self) {
        if self.pending.copies.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        if let Some(why) = self.lost.take() {
            self.pending.complete(Err(*why));
        } else if self.pending.name.get().is_none() && !self.pending.over.load(Ordering::Acquire) {
            // Who was shown the return route in text may still answer along it.
            self.pending.complete(Err(RequestError::Dropped(UNANSWERED.into())));
        }
    }
}
