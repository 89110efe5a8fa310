//! One handler call: the message it is about, and what it asks for so far.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use skep_protocol::{Address, Route};
use thiserror::Error;
use tokio::time::Instant;

use crate::config::{Grant, Limit, WorkerOptions};
use crate::mailbox::Weigh;
use crate::outbox::effect::{NewTimer, TimerTarget};
use crate::outbox::room;
use crate::outbox::waiting::Waiting;
use crate::outbox::{Asker, Commit, Core, Effect, Outbox, StartError};
use crate::router::{
    Answer, Message, Origin, Pending, Place, Recipient, RequestError, Router, SendError, Stats,
    Token, Unplaced, Watcher, Way, weight,
};

/// A call that is about the current message was made where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("there is no message here: `message` can only be called while one is handled")]
pub(crate) struct MessageError;

/// One call of a worker's code, from its begin to its commit.
pub(crate) struct Handling {
    core: Arc<Core>,
    asker: Arc<dyn Asker>,
    /// Those of the instance that is called, whatever the worker's next one will have.
    options: Arc<WorkerOptions>,
    message: Option<Box<Message>>,
    outbox: Outbox,
    /// Whether something of it has been done already.
    committed: bool,
    /// The handler has succeeded: what it asked for happens, whatever becomes of its worker.
    succeeded: bool,
    /// When whoever waits for the message's answer gives up.
    deadline: Option<Instant>,
    /// The request in hand waits for as long as any may.
    longest: bool,
}

impl Handling {
    pub(crate) fn new(core: Arc<Core>, asker: Arc<dyn Asker>, options: Arc<WorkerOptions>) -> Self {
        Self {
            core,
            asker,
            options,
            message: None,
            outbox: Outbox::default(),
            committed: false,
            succeeded: false,
            deadline: None,
            longest: false,
        }
    }

    /// Begin to handle a message.
    pub(crate) fn begin(&mut self, mut message: Box<Message>) {
        self.outbox.clear();
        message.deliveries += 1;
        self.committed = message.committed;
        self.deadline = message.token.as_ref().map(|token| token.pending().deadline());
        self.message = Some(message);
    }

    /// The call is over: what it asked for and was not committed never happens.
    pub(crate) fn end(&mut self) -> Option<Box<Message>> {
        self.outbox.clear();
        self.deadline = None;
        let mut message = self.message.take()?;
        message.committed = self.committed;
        Some(message)
    }

    /// The message being handled.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn message(&self) -> Result<&Message, MessageError> {
        self.message.as_deref().ok_or(MessageError)
    }

    /// How the instance that is called runs.
    pub(crate) fn options(&self) -> &Arc<WorkerOptions> {
        &self.options
    }

    /// The worker.
    pub(crate) fn asker(&self) -> &Arc<dyn Asker> {
        &self.asker
    }

    /// Do what was asked for so far. What is done is not done again: the message
    /// is not delivered a second time (but for `idempotent` workers).
    fn commit(&mut self) -> Commit {
        self.committed |= !self.outbox.is_empty();
        self.outbox.commit(&self.core, &self.asker)
    }

    /// The handler has succeeded: all that is left is the last commit. The message
    /// goes before that, and with it its copy of the token, so that whoever that was
    /// passed on to is known to be the only one to have it.
    pub(crate) fn succeeded(&mut self) -> Option<Box<Message>> {
        self.message.take()
    }

    /// Whether all that was asked for can be done at once, and leads to nothing that comes before
    /// the worker's next message.
    pub(crate) fn may_go_on(&self) -> bool {
        self.outbox.only_delivers()
    }

    /// The handler has succeeded, and goes on to the next message.
    pub(crate) fn go_on(&mut self, next: Box<Message>) {
        if let Some(message) = self.succeeded() {
            self.asker.mailbox().release(message.weight());
        }
        self.commit();
        self.begin(next);
    }

    /// Send `payload` back along the way that the message has come.
    pub(crate) fn reply(&mut self, payload: Bytes) -> Result<Result<(), SendError>, MessageError> {
        let message = self.message()?;
        let (to, token) = (message.back.clone(), message.token.clone());
        if to.is_empty() {
            return Ok(Err(SendError::EmptyRoute));
        }
        let back = Route::from(&message.recipient).into();
        Ok(self.ask_to_send(Unplaced::new(to, back, payload, self.me(), token)))
    }

    /// Send the message on along `via` and then what is left of its own way, with
    /// the worker put on its return route. It keeps its token, and its origin as far
    /// as the node can still vouch for it.
    pub(crate) fn forward(
        &mut self,
        via: Route,
        payload: Option<Bytes>,
    ) -> Result<Result<(), SendError>, MessageError> {
        let message = self.message()?;
        if let Err(why) = self.core.router.may_choose(&via, &*self.asker) {
            return Ok(Err(why));
        }
        let mut to = Way { stops: via, end: message.onward.end.clone() };
        to.stops.extend(&message.onward.stops);
        let mut back = message.back.clone();
        back.stops.push_front(message.recipient.clone());
        let origin = match (&message.origin, &payload) {
            (Origin::Worker(_) | Origin::Peer(_), None) => message.origin.clone(),
            // Other words are this worker's own, and so is what it once gave a timer or
            // a monitor to say: neither passes for somebody else's, or for the node's.
            _ => self.me(),
        };
        let payload = payload.unwrap_or_else(|| message.payload.clone());
        let token = message.token.clone();
        Ok(self.ask_to_send(Unplaced::new(to, back, payload, origin, token)))
    }

    /// Send a message of the worker's own.
    pub(crate) fn send(&mut self, to: Route, payload: Bytes) -> Result<(), SendError> {
        Router::check(&to)?;
        let message = Unplaced::new(to.into(), self.way_back(), payload, self.me(), None);
        self.ask_to_send(message)
    }

    fn ask_to_send(&mut self, message: Unplaced) -> Result<(), SendError> {
        let bytes = message.payload().len();
        self.check(bytes)?;
        self.check_size(message.payload())?;
        let effect = self.place(message)?;
        self.outbox.push(effect, bytes);
        Ok(())
    }

    fn place(&self, message: Unplaced) -> Result<Effect, SendError> {
        // Behind a message that waits no other may pass: order is kept.
        if self.options.wait && self.outbox.waits() {
            return Ok(Effect::Wait(message));
        }
        match self.core.router.route(message) {
            Ok(next) => Ok(Effect::Deliver(next)),
            Err((SendError::MailboxFull(_), message)) if self.may_wait(&message) => {
                Ok(Effect::Wait(message))
            }
            Err((why, _)) => Err(why),
        }
    }

    /// Whether a message waits for room; not where it would never have any.
    fn may_wait(&self, message: &Unplaced) -> bool {
        if !self.options.wait {
            return false;
        }
        let to = message.nearest().and_then(|nearest| self.core.router.find(nearest));
        to.is_none_or(|to| message.weight() <= to.mailbox().capacity().bytes)
    }

    /// Ask for a message that is to be answered, and commit all up to it. The
    /// outcome is `Pending`'s.
    pub(crate) fn request(
        &mut self,
        to: Route,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Arc<Pending>, RequestError> {
        Router::check(&to)?;
        self.longest = timeout >= self.options.limits.request;
        let timeout = timeout.min(self.options.limits.request);
        let asker: Arc<dyn Recipient> = self.asker.clone();
        let mut deadline = Instant::now() + timeout;
        // Nobody waits for the answer longer than for that of the message in hand.
        deadline = self.deadline.map_or(deadline, |given| given.min(deadline));
        let pending = Pending::new(&self.core.router, deadline, Some(asker));
        let token = Token::new(&pending);
        let back = Answer(pending.clone()).into();
        let message = Unplaced::new(to.into(), back, payload, self.me(), Some(token));
        self.ask_to_send(message)?;
        Ok(pending)
    }

    /// Commit up to a request, and wait for its outcome. While it waits the worker
    /// handles nothing else, and blocks no thread.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn wait(&mut self, pending: &Arc<Pending>) -> Result<Bytes, RequestError> {
        let asker = self.asker.clone();
        let _waiting = Waiting::begin(&asker, pending);
        self.commit_until(pending.deadline()).await;
        let (stats, began) = (asker.stats(), Instant::now());
        let answered = poll_fn(|context| pending.poll(context));
        let outcome = tokio::select! {
            biased;
            outcome = answered => outcome,
            () = tokio::time::sleep_until(pending.deadline()) => {
                // A wait that was to be shorter has reached no limit.
                if self.longest {
                    stats.reach(Limit::Request);
                }
                Err(RequestError::Timeout)
            }
        };
        let waited = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Stats::peak(&stats.peaks.request, waited);
        outcome
    }

    /// Do all that was asked for, unless something has to wait for room.
    pub(crate) fn try_commit(&mut self) -> bool {
        self.commit() == Commit::Done
    }

    /// The handler has succeeded: do all that it asked for. Where the worker's messages wait for
    /// room instead of failing, wait for it; what finds none in time becomes a dead letter, and
    /// what is cut off in this is done without waiting.
    pub(crate) async fn commit_all(&mut self) {
        self.succeeded = true;
        // Nearly always there is room, and no need to know the time.
        if !self.try_commit() {
            self.commit_until(Instant::now() + self.options.limits.request).await;
        }
        self.succeeded = false;
    }

    /// Do all that was asked for, and wait for room until then, at the longest.
    async fn commit_until(&mut self, end: Instant) {
        let end = self.deadline.map_or(end, |given| given.min(end));
        while self.commit() == Commit::Full {
            if Instant::now() >= end {
                self.give_up_waiting("there was no room for it within the time given");
            } else if let Some(message) = self.outbox.first_waiting()
                && let Err(circle) = room::wait(&self.core.router, &self.asker, message, end).await
            {
                self.give_up_waiting(&format!("to wait for room would close a circle: {circle}"));
            }
        }
    }

    fn give_up_waiting(&mut self, why: &str) {
        self.outbox.give_up_waiting(&self.core, &self.asker, why);
    }

    /// Do all that is left of what a handler has asked for that succeeded.
    fn commit_at_once(&mut self) {
        while self.commit() == Commit::Full {
            self.give_up_waiting("its sender was stopped while it waited for room");
        }
    }

    /// Ask for a timer.
    pub(crate) fn send_after(
        &mut self,
        delay: Duration,
        to: Route,
        payload: Bytes,
    ) -> Result<u64, SendError> {
        let bytes = payload.len();
        self.check(bytes)?;
        Router::check(&to)?;
        self.check_size(&payload)?;
        let most = self.options.limits.timers;
        let charge = self.asker.ledger().charge_timer(most);
        let charge = charge.map_err(|limit| self.reached(limit))?;
        let (charge, to) = if to.len() == 1 && to.first() == Some(self.asker.address()) {
            (charge, TimerTarget::Own(self.reserve_own(bytes)?))
        } else {
            let charge = charge.with_bytes(bytes, &self.options.limits);
            let charge = charge.ok_or_else(|| self.reached(Limit::HeldBytes))?;
            (charge, TimerTarget::Route(to.into()))
        };
        let number = self.asker.ledger().next_number();
        let timer = NewTimer { number, delay, payload, charge, to };
        self.outbox.push(Effect::SetTimer(Box::new(timer)), bytes);
        Ok(number)
    }

    /// A place in the worker's own mailbox.
    fn reserve_own(&self, bytes: usize) -> Result<Place, SendError> {
        let me: Arc<dyn Recipient> = self.asker.clone();
        Place::reserve(&self.core.router, me, weight(bytes, 0, 0))
    }

    /// Ask for the end of a timer; one that there is not is no error.
    pub(crate) fn cancel(&mut self, timer: u64) -> Result<(), SendError> {
        self.ask(Effect::CancelTimer(timer))
    }

    /// Ask for a new worker below this one.
    pub(crate) fn start_worker(
        &mut self,
        component: &str,
        name: Option<&str>,
        args: Vec<u8>,
    ) -> Result<Address, StartError> {
        self.grant(Grant::StartWorkers).map_err(StartError::Denied)?;
        let bytes = args.len();
        let checked = self.outbox.check(bytes, &self.options.limits);
        checked.map_err(|limit| StartError::Quota(self.words_of(limit)))?;
        let starter = self.core.starter().ok_or(StartError::Closed)?;
        let child = starter.prepare(&self.asker, component, name, args)?;
        let address = child.address().clone();
        self.outbox.push(Effect::Start(child), bytes);
        Ok(address)
    }

    /// Ask for the end of this worker or of one that it has started.
    pub(crate) fn stop_worker(&mut self, address: &Address) -> Result<(), SendError> {
        if address == self.asker.address() {
            return self.ask(Effect::StopSelf);
        }
        let child = self.asker.ledger().child(address).or_else(|| self.outbox.starting(address));
        match child {
            Some(child) => self.ask(Effect::StopChild(child)),
            None if self.core.router.find(address).is_none() => {
                Err(SendError::NoRoute(address.clone()))
            }
            None => Err(SendError::Denied(format!("this worker has not started `{address}`"))),
        }
    }

    /// Ask to be told when a worker has stopped for good.
    pub(crate) fn monitor(&mut self, address: Address, payload: Bytes) -> Result<(), SendError> {
        let bytes = payload.len();
        self.check(bytes)?;
        let most = self.options.limits.monitors;
        let charge = self.asker.ledger().charge_monitor(most);
        let charge = Box::new(charge.map_err(|limit| self.reached(limit))?);
        let place = self.reserve_own(bytes)?;
        let target = self.core.router.find(&address);
        let watcher = Watcher { place, payload, charge };
        self.outbox.push(Effect::Watch(target, address, watcher), bytes);
        Ok(())
    }

    /// Ask to be told no longer.
    pub(crate) fn demonitor(&mut self, address: Address) -> Result<(), SendError> {
        self.ask(Effect::Unwatch(address))
    }

    /// Ask for the end of the node.
    pub(crate) fn stop_node(&mut self) -> Result<(), SendError> {
        self.grant(Grant::StopNode).map_err(SendError::Denied)?;
        self.ask(Effect::StopNode)
    }

    fn ask(&mut self, effect: Effect) -> Result<(), SendError> {
        self.check(0)?;
        self.outbox.push(effect, 0);
        Ok(())
    }

    /// Whether the outbox has room for another effect with so many bytes.
    fn check(&self, bytes: usize) -> Result<(), SendError> {
        let checked = self.outbox.check(bytes, &self.options.limits);
        checked.map_err(|limit| self.reached(limit))
    }

    fn check_size(&self, payload: &Bytes) -> Result<(), SendError> {
        let (most, stats) = (self.options.limits.message, self.asker.stats());
        Stats::peak(&stats.peaks.message, payload.len() as u64);
        if payload.len() > most {
            stats.reach(Limit::Message);
            return Err(SendError::TooLarge(most));
        }
        Ok(())
    }

    /// What to say of a limit that is reached; it is counted.
    fn reached(&self, limit: Limit) -> SendError {
        SendError::Quota(self.words_of(limit))
    }

    fn words_of(&self, limit: Limit) -> String {
        self.asker.stats().reach(limit);
        let most = limit.of(&self.options.limits);
        match limit {
            Limit::OutboxEffects => format!("{most} effects in one commit (`{}`)", limit.key()),
            Limit::OutboxBytes => format!("{most} bytes in one commit (`{}`)", limit.key()),
            Limit::HeldBytes => format!("{most} bytes held for later (`{}`)", limit.key()),
            limit => format!("{most} {}", limit.key()),
        }
    }

    fn grant(&self, grant: Grant) -> Result<(), String> {
        let granted = self.options.grants.contains(&grant);
        granted.then_some(()).ok_or_else(|| format!("the grant `{}` is missing", grant.name()))
    }

    /// The worker as the origin of a message.
    fn me(&self) -> Origin {
        Origin::Worker(self.asker.address().clone())
    }

    /// The return route of a message of the worker's own.
    fn way_back(&self) -> Way {
        Route::from(self.asker.address()).into()
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        if self.succeeded {
            self.commit_at_once();
        }
        let message = self.end().and_then(|message| self.asker.interrupted(message));
        if let Some(message) = message {
            let me: Arc<dyn Recipient> = self.asker.clone();
            me.mailbox().release(message.weight());
            self.core.router.bury(*message, &me, "its receiver was stopped while it handled it");
        }
    }
}
