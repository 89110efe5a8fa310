//! The effects of one handler call, in the order asked for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use skep_protocol::Address;

use crate::config::{Limit, Limits};
use crate::outbox::{Asker, Charge, Child, Core};
use crate::router::{
    Message, Next, Notice, Origin, Place, Recipient, SendError, Stats, Unplaced, Watcher, Way,
};

/// One thing that a handler has asked for, checked and reserved.
pub(crate) enum Effect {
    /// A message with its place.
    Deliver(Next),
    /// A message of a worker that waits for room instead of failing.
    Wait(Unplaced),
    /// A timer.
    SetTimer(Box<NewTimer>),
    /// The end of a timer.
    CancelTimer(u64),
    /// A new worker.
    Start(Arc<dyn Child>),
    /// The end of a child.
    StopChild(Arc<dyn Child>),
    /// The end of the asking worker itself.
    StopSelf,
    /// A monitor on a worker, if there is one.
    Watch(Option<Arc<dyn Recipient>>, Address, Watcher),
    /// The end of a monitor.
    Unwatch(Address),
    /// The end of the node.
    StopNode,
}

/// A timer that is not running yet.
pub(crate) struct NewTimer {
    pub(crate) number: u64,
    pub(crate) delay: Duration,
    pub(crate) payload: Bytes,
    pub(crate) charge: Charge,
    pub(crate) to: TimerTarget,
}

/// Where a timer's message goes.
pub(crate) enum TimerTarget {
    /// To the worker itself, whose mailbox has a place reserved for it.
    Own(Place),
    /// To another, as any message that the worker sends; looked up when it runs out.
    Route(Way),
}

/// Effects that wait for their handler to succeed.
#[derive(Default)]
pub(crate) struct Outbox {
    effects: VecDeque<Effect>,
    bytes: usize,
    /// Whether some of them have no place yet.
    waits: bool,
}

/// How far a commit came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// All is done.
    Done,
    /// The next effect waits for room in a mailbox.
    Full,
}

impl Outbox {
    /// Whether there is room for another effect with a payload of so many bytes.
    ///
    /// # Errors
    /// The limit that is reached.
    pub(crate) fn check(&self, bytes: usize, limits: &Limits) -> Result<(), Limit> {
        if self.effects.len() >= limits.outbox_effects {
            return Err(Limit::OutboxEffects);
        }
        if self.bytes + bytes > limits.outbox_bytes {
            return Err(Limit::OutboxBytes);
        }
        Ok(())
    }

    /// Hold an effect that was checked.
    pub(crate) fn push(&mut self, effect: Effect, bytes: usize) {
        self.bytes += bytes;
        self.waits |= matches!(effect, Effect::Wait(_));
        self.effects.push_back(effect);
    }

    /// Whether nothing was asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// Whether nothing was asked for but messages, all of which have their place.
    pub(crate) fn only_delivers(&self) -> bool {
        self.effects.iter().all(|effect| matches!(effect, Effect::Deliver(_)))
    }

    /// A worker that is about to be started, by its address.
    pub(crate) fn starting(&self, address: &Address) -> Option<Arc<dyn Child>> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Start(child) if child.address() == address => Some(child.clone()),
            _ => None,
        })
    }

    /// Release all: nothing of it happens.
    pub(crate) fn clear(&mut self) {
        (self.bytes, self.waits) = (0, false);
        for effect in self.effects.drain(..) {
            if let Effect::Start(child) = effect {
                child.discard();
            }
        }
    }

    /// Do all in order, or up to where a message has to wait for room; then call
    /// it again later.
    pub(crate) fn commit(&mut self, core: &Arc<Core>, asker: &Arc<dyn Asker>) -> Commit {
        let peaks = &asker.stats().peaks;
        Stats::peak(&peaks.effects, self.effects.len() as u64);
        Stats::peak(&peaks.outbox_bytes, self.bytes as u64);
        while let Some(effect) = self.effects.pop_front() {
            if let Err(waits) = effect.perform(core, asker) {
                self.effects.push_front(Effect::Wait(waits));
                return Commit::Full;
            }
        }
        (self.bytes, self.waits) = (0, false);
        Commit::Done
    }

    /// Whether a message has no place yet.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// The message that a commit stopped at.
    pub(crate) fn first_waiting(&self) -> Option<&Unplaced> {
        match self.effects.front() {
            Some(Effect::Wait(message)) => Some(message),
            _ => None,
        }
    }

    /// Give up on the message that waits for room; what comes after it may go on.
    pub(crate) fn give_up_waiting(&mut self, core: &Core, asker: &Arc<dyn Asker>, why: &str) {
        if let Some(Effect::Wait(message)) = self.effects.pop_front() {
            bury(message, core, asker, why);
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Effect {
    /// Do it. Gives the message back that finds no room.
    fn perform(self, core: &Arc<Core>, asker: &Arc<dyn Asker>) -> Result<(), Unplaced> {
        match self {
            Self::Deliver(next) => next.deliver(&core.router),
            Self::Wait(message) => return place(message, core, asker),
            Self::SetTimer(timer) => timer.start(core, asker),
            Self::CancelTimer(number) => {
                if let Some(key) = asker.ledger().end_timer(number) {
                    core.timers.remove(&key);
                }
            }
            Self::Start(child) => {
                asker.ledger().adopt(child.clone());
                child.start();
            }
            Self::StopChild(child) => child.stop("the worker that started it stopped it"),
            Self::StopSelf => asker.stop("it stopped itself"),
            Self::Watch(target, address, watcher) => watch(core, asker, target, address, watcher),
            Self::Unwatch(address) => {
                for target in asker.ledger().watched(&address) {
                    target.unwatch(asker.address());
                }
            }
            Self::StopNode => {
                if let Some(starter) = core.starter() {
                    starter.stop_node(&format!("the worker `{}` stopped it", asker.address()));
                }
            }
        }
        Ok(())
    }
}

/// Send a message that had no place. Gives it back where the mailbox has no room; what cannot
/// be sent at all becomes a dead letter.
fn place(message: Unplaced, core: &Core, asker: &Arc<dyn Asker>) -> Result<(), Unplaced> {
    match core.router.route(message) {
        Ok(next) => next.deliver(&core.router),
        Err((SendError::MailboxFull(_), message)) => return Err(message),
        Err((why, message)) => bury(message, core, asker, &why.to_string()),
    }
    Ok(())
}

fn bury(message: Unplaced, core: &Core, asker: &Arc<dyn Asker>, why: &str) {
    let me: Arc<dyn Recipient> = asker.clone();
    core.router.bury(*message.for_nobody(asker.address()), &me, why);
}

impl NewTimer {
    fn start(self, core: &Arc<Core>, asker: &Arc<dyn Asker>) {
        let Self { number, delay, payload, charge, to } = self;
        // Weak: a worker that is gone holds nothing through its timers.
        let (owner, core_then) = (Arc::downgrade(asker), Arc::downgrade(core));
        let due = move || {
            let (Some(owner), Some(core)) = (owner.upgrade(), core_then.upgrade()) else { return };
            owner.ledger().end_timer(number);
            drop(charge);
            to.send(&core, &owner, number, payload);
        };
        asker.ledger().start_timer(number, || core.timers.insert(delay, Box::new(due)));
    }
}

impl TimerTarget {
    fn send(self, core: &Core, owner: &Arc<dyn Asker>, number: u64, payload: Bytes) {
        let me = owner.address().clone();
        match self {
            Self::Own(place) => {
                let origin = Origin::Node(Notice::Timer(number));
                let message = Message::new(me, Way::default(), Way::default(), payload, origin);
                place.fill(&core.router, Box::new(message));
            }
            Self::Route(to) => {
                let back = skep_protocol::Route::from(&me).into();
                let origin = Origin::Worker(me);
                let message = Unplaced::new(to, back, payload, origin, None);
                if let Err(message) = place(message, core, owner) {
                    bury(message, core, owner, "a timer ran out, and the mailbox was full");
                }
            }
        }
    }
}

/// Monitor `target`; if there is none, or it has stopped, say so at once.
fn watch(
    core: &Core,
    asker: &Arc<dyn Asker>,
    target: Option<Arc<dyn Recipient>>,
    address: Address,
    watcher: Watcher,
) {
    let refused = match &target {
        Some(target) => target.watch(watcher).err(),
        None => Some((watcher, "there is no such worker".to_owned())),
    };
    match (refused, target) {
        (Some((watcher, why)), _) => watcher.tell(&core.router, address, why),
        (None, Some(target)) => asker.ledger().watch(&target),
        (None, None) => {}
    }
}

impl Watcher {
    /// Tell it that the worker of this address has stopped for good.
    pub(crate) fn tell(self, router: &crate::router::Router, address: Address, why: String) {
        let Some(me) = self.place.address().cloned() else { return };
        let origin = Origin::Node(Notice::Stopped(address, why));
        let message = Message::new(me, Way::default(), Way::default(), self.payload, origin);
        drop(self.charge);
        self.place.fill(router, Box::new(message));
    }
}
