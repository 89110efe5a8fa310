//! What an outbox must do, said as simply as can be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use skep_protocol::Address;

use crate::outbox::tests::world::{DROPPING, Event, ROOM, limits};

/// Weights of a message of the worker's own, and of a notice to it, besides the payload.
const SENT: usize = 128;
const NOTICE: usize = 64;
const ME: usize = 0;

/// Why something cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Quota,
    TooLarge,
    NoRoute,
    Closed,
    Full,
    Taken,
}

/// A payload: its number, and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payload(pub(super) u8, pub(super) usize);

#[derive(Clone, Debug)]
enum Effect {
    Deliver(usize, Payload),
    Wait(usize, Payload),
    /// With a place of the worker's own if it has this payload.
    Timer(u64, Option<Payload>),
    Cancel(u64),
    Start(Address),
    StopChild(Address),
    StopSelf,
    StopNode,
    Watch(usize, Payload),
    Unwatch(usize),
}

#[derive(Debug, Default)]
pub(super) struct Mail {
    /// With their weights.
    pub(super) queue: VecDeque<(Payload, usize)>,
    pub(super) used: (usize, usize),
    closed: bool,
    watchers: Vec<Payload>,
    watched: bool,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    waits: bool,
    pub(super) boxes: [Mail; 4],
    pub(super) log: Vec<Event>,
    pub(super) dead: Vec<u8>,
    pub(super) timers: u64,
    pub(super) monitors: u64,
    pub(super) children: u64,
    effects: VecDeque<Effect>,
    bytes: usize,
    numbers: u64,
    running: BTreeMap<u64, Option<Payload>>,
    taken: BTreeSet<Address>,
    adopted: BTreeSet<Address>,
}

impl Model {
    pub(super) fn new(waits: bool) -> Self {
        Self { waits, ..Self::default() }
    }

    pub(super) fn send(&mut self, to: usize, payload: Payload) -> Result<(), Refusal> {
        self.check(payload.1)?;
        Self::check_size(payload)?;
        let is_behind = self.effects.iter().any(|effect| matches!(effect, Effect::Wait(..)));
        let place = if is_behind { Err(Refusal::Full) } else { self.reserve(to, payload.1 + SENT) };
        if self.waits && place == Err(Refusal::Full) {
            return self.push(Effect::Wait(to, payload), payload.1);
        }
        place?;
        self.push(Effect::Deliver(to, payload), payload.1)
    }

    pub(super) fn timer(&mut self, own: bool, payload: Payload) -> Result<(), Refusal> {
        self.check(payload.1)?;
        Self::check_size(payload)?;
        Self::charge(self.timers, limits().timers)?;
        if own {
            self.reserve(ME, payload.1 + NOTICE)?;
        }
        self.timers += 1;
        self.numbers += 1;
        self.push(Effect::Timer(self.numbers, own.then_some(payload)), payload.1)
    }

    pub(super) fn cancel(&mut self, number: u64) -> Result<(), Refusal> {
        self.check(0)?;
        self.push(Effect::Cancel(number), 0)
    }

    pub(super) fn start(&mut self, name: Address) -> Result<(), Refusal> {
        self.check(0)?;
        if self.taken.contains(&name) {
            return Err(Refusal::Taken);
        }
        Self::charge(self.children, limits().children)?;
        self.children += 1;
        self.taken.insert(name.clone());
        self.push(Effect::Start(name), 0)
    }

    pub(super) fn stop_child(&mut self, name: Address) -> Result<(), Refusal> {
        if !self.taken.contains(&name) {
            return Err(Refusal::NoRoute);
        }
        self.check(0)?;
        self.push(Effect::StopChild(name), 0)
    }

    pub(super) fn stop_self(&mut self) -> Result<(), Refusal> {
        self.check(0)?;
        self.push(Effect::StopSelf, 0)
    }

    pub(super) fn stop_node(&mut self) -> Result<(), Refusal> {
        self.check(0)?;
        self.push(Effect::StopNode, 0)
    }

    pub(super) fn monitor(&mut self, of: usize, payload: Payload) -> Result<(), Refusal> {
        self.check(payload.1)?;
        Self::charge(self.monitors, limits().monitors)?;
        self.reserve(ME, payload.1 + NOTICE)?;
        self.monitors += 1;
        self.push(Effect::Watch(of, payload), payload.1)
    }

    pub(super) fn demonitor(&mut self, of: usize) -> Result<(), Refusal> {
        self.check(0)?;
        self.push(Effect::Unwatch(of), 0)
    }

    /// All in order, up to a message that finds no room.
    pub(super) fn commit(&mut self) -> bool {
        while let Some(effect) = self.effects.pop_front() {
            if let Effect::Wait(to, payload) = effect
                && self.place(to, payload) == Err(Refusal::Full)
            {
                self.effects.push_front(Effect::Wait(to, payload));
                return false;
            }
            self.perform(effect);
        }
        self.bytes = 0;
        true
    }

    /// The same; what finds no room becomes a dead letter.
    pub(super) fn commit_all(&mut self) {
        while !self.commit() {
            if let Some(Effect::Wait(_, payload)) = self.effects.pop_front() {
                self.dead.push(payload.0);
            }
        }
    }

    /// Nothing of it happens.
    pub(super) fn clear(&mut self) {
        self.bytes = 0;
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Deliver(to, payload) => self.release(to, payload.1 + SENT),
                Effect::Timer(_, own) => self.end_timer(own),
                Effect::Watch(_, payload) => {
                    self.release(ME, payload.1 + NOTICE);
                    self.monitors -= 1;
                }
                Effect::Start(name) => {
                    self.taken.remove(&name);
                    self.children -= 1;
                    self.log.push(Event::Discard(name));
                }
                _ => {}
            }
        }
    }

    pub(super) fn stop_recipient(&mut self, of: usize) {
        self.boxes[of].closed = true;
        for (_, weight) in std::mem::take(&mut self.boxes[of].queue) {
            self.release(of, weight);
        }
        for payload in std::mem::take(&mut self.boxes[of].watchers) {
            self.tell(payload);
        }
    }

    /// The oldest message of a mailbox is handled.
    pub(super) fn handle(&mut self, of: usize) -> Option<Payload> {
        let (payload, weight) = self.boxes[of].queue.pop_front()?;
        self.release(of, weight);
        Some(payload)
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Wait(..) => {}
            Effect::Deliver(to, payload) if self.boxes[to].closed => {
                self.release(to, payload.1 + SENT);
                self.dead.push(payload.0);
            }
            Effect::Deliver(to, payload) => self.fill(to, payload, SENT),
            Effect::Timer(number, own) => drop(self.running.insert(number, own)),
            Effect::Cancel(number) => {
                if let Some(own) = self.running.remove(&number) {
                    self.end_timer(own);
                }
            }
            Effect::Start(name) => {
                self.adopted.insert(name.clone());
                self.log.push(Event::Start(name));
            }
            Effect::StopChild(name) => self.log.push(Event::Stop(name)),
            Effect::StopSelf => self.log.push(Event::StopSelf),
            Effect::StopNode => self.log.push(Event::StopNode),
            Effect::Watch(of, payload) => match self.boxes.get_mut(of) {
                Some(watched) if !watched.closed => {
                    watched.watchers.push(payload);
                    watched.watched = true;
                }
                _ => self.tell(payload),
            },
            Effect::Unwatch(of) => self.unwatch(of),
        }
    }

    fn unwatch(&mut self, of: usize) {
        let Some(target) = self.boxes.get_mut(of) else { return };
        if std::mem::take(&mut target.watched) {
            for payload in std::mem::take(&mut target.watchers) {
                self.release(ME, payload.1 + NOTICE);
                self.monitors -= 1;
            }
        }
    }

    fn place(&mut self, to: usize, payload: Payload) -> Result<(), Refusal> {
        match self.reserve(to, payload.1 + SENT) {
            Ok(()) => self.fill(to, payload, SENT),
            Err(Refusal::Full) => return Err(Refusal::Full),
            Err(_) => self.dead.push(payload.0),
        }
        Ok(())
    }

    /// A notice for the worker itself.
    fn tell(&mut self, payload: Payload) {
        self.monitors -= 1;
        self.fill(ME, payload, NOTICE);
    }

    fn fill(&mut self, to: usize, payload: Payload, beside: usize) {
        self.boxes[to].queue.push_back((payload, payload.1 + beside));
        self.log.push(Event::Mail(to));
    }

    fn reserve(&mut self, to: usize, weight: usize) -> Result<(), Refusal> {
        let Some(target) = self.boxes.get(to) else { return Err(Refusal::NoRoute) };
        if target.closed {
            return Err(Refusal::Closed);
        }
        if target.used.0 == ROOM[to] {
            if to != DROPPING {
                return Err(Refusal::Full);
            }
            let oldest = self.handle(to).ok_or(Refusal::Full)?;
            self.dead.push(oldest.0);
        }
        let used = &mut self.boxes[to].used;
        *used = (used.0 + 1, used.1 + weight);
        Ok(())
    }

    fn release(&mut self, of: usize, weight: usize) {
        let used = &mut self.boxes[of].used;
        *used = (used.0 - 1, used.1 - weight);
    }

    fn end_timer(&mut self, own: Option<Payload>) {
        self.timers -= 1;
        if let Some(payload) = own {
            self.release(ME, payload.1 + NOTICE);
        }
    }

    fn check(&self, bytes: usize) -> Result<(), Refusal> {
        let limits = limits();
        let fits =
            self.effects.len() < limits.outbox_effects && self.bytes + bytes <= limits.outbox_bytes;
        fits.then_some(()).ok_or(Refusal::Quota)
    }

    fn check_size(payload: Payload) -> Result<(), Refusal> {
        (payload.1 <= limits().message).then_some(()).ok_or(Refusal::TooLarge)
    }

    fn charge(count: u64, limit: usize) -> Result<(), Refusal> {
        (count < limit as u64).then_some(()).ok_or(Refusal::Quota)
    }

    fn push(&mut self, effect: Effect, bytes: usize) -> Result<(), Refusal> {
        self.effects.push_back(effect);
        self.bytes += bytes;
        Ok(())
    }
}
