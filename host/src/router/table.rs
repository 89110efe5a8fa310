//! The address table: which recipient a name leads to.

use std::sync::{Arc, OnceLock, Weak};
use std::time::SystemTime;

use bytes::Bytes;
use papaya::HashMap;
use skep_protocol::route::MAX_STOPS;
use skep_protocol::{Address, Route};

use crate::config::nearest;
use crate::router::access::Carrier;
use crate::router::answer::{Pending, Token};
use crate::router::dead_letters::{DeadLetter, DeadLetters};
use crate::router::fair;
use crate::router::lately::{self, Edition};
use crate::router::message::{Message, Origin, Way, weight};
use crate::router::recipient::{Place, Recipient, SendError};
use crate::router::unplaced::Unplaced;
use crate::router::waits::Waits;
use crate::router::{Answer, RequestError};
use crate::sanitize::sanitize;

/// The names of a node, and what is kept of messages that led nowhere.
pub(crate) struct Router {
    names: HashMap<Address, Arc<dyn Recipient>, foldhash::fast::RandomState>,
    edition: Edition,
    /// Requests that someone has been shown the return route of.
    answers: HashMap<Address, Weak<Pending>, foldhash::fast::RandomState>,
    waits: Waits,
    dead_letters: DeadLetters,
    /// What carries messages to other nodes.
    pub(super) carrier: OnceLock<Weak<dyn Carrier>>,
    /// The stops that a message's routes may have together.
    hops: usize,
}

/// Where a message goes next.
pub(crate) enum Next {
    /// Into a mailbox.
    Mailbox(Place, Box<Message>),
    /// To a requester that waits for it.
    Answer(Answer, Bytes, Option<Token>),
}

impl Next {
    /// Send it on its way; it cannot fail any more.
    pub(crate) fn deliver(self, router: &Router) {
        match self {
            Self::Mailbox(place, message) => place.fill(router, message),
            Self::Answer(answer, payload, _token) => answer.0.complete(Ok(payload)),
        }
    }
}

impl Router {
    /// An empty table, for messages whose routes have at most `hops` stops together.
    pub(crate) fn new(hops: usize) -> Arc<Self> {
        Arc::new(Self {
            names: HashMap::with_hasher(foldhash::fast::RandomState::default()),
            edition: Edition::new(),
            answers: HashMap::with_hasher(foldhash::fast::RandomState::default()),
            waits: Waits::default(),
            dead_letters: DeadLetters::default(),
            carrier: OnceLock::new(),
            hops,
        })
    }

    /// Give a name to a recipient. False if another has it.
    pub(crate) fn register(&self, name: Address, recipient: Arc<dyn Recipient>) -> bool {
        let is_new = self.names.pin().try_insert(name, recipient).is_ok();
        self.edition.changed();
        is_new
    }

    /// Free a name, if this recipient has it.
    pub(crate) fn unregister(&self, name: &Address, recipient: &Arc<dyn Recipient>) {
        let _ = self.names.pin().remove_if(name, |_, owner| Arc::ptr_eq(owner, recipient));
        self.edition.changed();
    }

    /// Who has this name.
    pub(crate) fn find(&self, name: &Address) -> Option<Arc<dyn Recipient>> {
        lately::find(self.edition.now(), name, || self.names.pin().get(name).cloned())
    }

    /// Everyone who has a name, each once.
    pub(crate) fn recipients(&self) -> Vec<Arc<dyn Recipient>> {
        let mut all = Vec::new();
        self.each(|owner| all.push(owner.clone()));
        all
    }

    /// Look at everyone who has a name, each once.
    pub(crate) fn each(&self, mut see: impl FnMut(&Arc<dyn Recipient>)) {
        let names = self.names.pin();
        let owners = names.iter().filter(|(name, owner)| *name == owner.address());
        owners.for_each(|(_, owner)| see(owner));
    }

    /// Forget all names: the node is over.
    pub(crate) fn clear(&self) {
        self.names.pin().clear();
        self.edition.changed();
    }

    /// A name that someone may have meant; the node's own are not told.
    pub(crate) fn nearest(&self, name: &Address) -> Option<String> {
        let others = self.names.pin();
        let others = others.keys().filter(|other| *other != name);
        let names: Vec<_> = others.map(ToString::to_string).collect();
        nearest(&name.to_string(), names.iter().map(String::as_str)).map(Into::into)
    }

    /// Which waits for which.
    pub(crate) fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Messages that led nowhere.
    pub(crate) fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    pub(crate) fn register_answer(&self, name: Address, pending: &Arc<Pending>) {
        self.answers.pin().insert(name, Arc::downgrade(pending));
    }

    pub(crate) fn forget_answer(&self, name: &Address) {
        self.answers.pin().remove(name);
    }

    /// Check a route as a program or a handler gives it.
    ///
    /// # Errors
    /// When it has no stop, or too many.
    pub(crate) fn check(to: &Route) -> Result<(), SendError> {
        if to.is_empty() {
            return Err(SendError::EmptyRoute);
        }
        if to.len() > MAX_STOPS {
            return Err(SendError::RouteTooLong(to.len()));
        }
        Ok(())
    }

    /// Take the nearest stop off its onward route and reserve what the message needs there.
    ///
    /// # Errors
    /// When nobody is there, or has no room; the message comes back with it.
    pub(crate) fn route(&self, mut unplaced: Unplaced) -> Result<Next, (SendError, Unplaced)> {
        let message = unplaced.parts();
        if let Err(why) = self.check_hops(&message.onward, &message.back) {
            return Err((why, unplaced));
        }
        let Some(recipient) = message.onward.stops.pop_front() else {
            return match message.onward.end.take() {
                Some(answer) => Ok(unplaced.into_answer(answer)),
                None => Err((SendError::EmptyRoute, unplaced)),
            };
        };
        let Message { onward, back, payload, origin, .. } = &*message;
        match self.place(&recipient, onward, back, payload.len(), origin) {
            Ok(place) => Ok(Next::Mailbox(place, unplaced.into_message(recipient))),
            Err(why) => self.answer(why, recipient, unplaced),
        }
    }

    /// Reserve a place for a message of these parts.
    ///
    /// # Errors
    /// When nobody is there, takes it from this origin, or has room.
    pub(crate) fn place(
        &self,
        recipient: &Address,
        to: &Way,
        back: &Way,
        bytes: usize,
        origin: &Origin,
    ) -> Result<Place, SendError> {
        let found = if recipient.is_local() {
            let found = self.find(recipient);
            let found = found.ok_or_else(|| SendError::NoRoute(recipient.clone()))?;
            Self::admit(&*found, recipient, origin)?;
            found
        } else {
            self.beyond(recipient, origin)?
        };
        fair::check(&*found, origin)?;
        Place::reserve(self, found, weight(bytes, to.len(), back.len()))
    }

    /// Whether routes of so many stops together have gone too far.
    ///
    /// # Errors
    /// That they have.
    pub(crate) fn check_hops(&self, to: &Way, back: &Way) -> Result<(), SendError> {
        let all = to.len() + back.len();
        if all > self.hops { Err(SendError::HopLimit) } else { Ok(()) }
    }

    /// Where nobody has the name of the nearest stop, a request may wait under it.
    fn answer(
        &self,
        why: SendError,
        name: Address,
        mut unplaced: Unplaced,
    ) -> Result<Next, (SendError, Unplaced)> {
        let message = unplaced.parts();
        let may_answer = !matches!(message.origin, Origin::Peer(_));
        if may_answer && matches!(why, SendError::NoRoute(_)) {
            let pending = self.answers.pin().get(&name).and_then(Weak::upgrade);
            if let Some(pending) = pending {
                return Ok(unplaced.into_answer(Answer(pending)));
            }
        }
        message.onward.stops.push_front(name);
        Err((why, unplaced))
    }

    /// A message that its receiver will not handle becomes a dead letter, and its
    /// requester is told that it was dropped.
    pub(crate) fn bury(&self, message: Message, at: &Arc<dyn Recipient>, why: &str) {
        let told = RequestError::Dropped(format!("at `{}`: {why}", at.address()));
        self.bury_telling(message, at.address(), why, told);
    }

    /// The same, with what the requester is told.
    pub(crate) fn bury_telling(
        &self,
        message: Message,
        at: &Address,
        why: &str,
        told: RequestError,
    ) {
        tracing::debug!(to = %message.recipient, origin = %message.origin, why, "dead letter");
        let letter = DeadLetter {
            number: 0,
            at: SystemTime::now(),
            to: message.recipient,
            onward_route: message.onward.stops,
            return_route: message.back.stops,
            origin: message.origin,
            reason: sanitize(why).into_owned(),
            attempts: message.deliveries,
            payload: message.payload,
        };
        self.dead_letters.add(at, letter);
        if let Some(token) = message.token {
            token.lose(told);
        }
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Router").field("names", &self.names.len()).finish_non_exhaustive()
    }
}
