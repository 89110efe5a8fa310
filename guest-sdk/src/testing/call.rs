//! The call under way in a node for tests: whose it is, about which message, and
//! what it has asked for.

use std::cell::RefCell;
use std::rc::Rc;

use super::core::{Letter, Monitor, Timer};
use super::run::{self, Run, Shared};
use crate::{Address, Origin, RequestError, Route, SendError, StartError, TimerId};

thread_local! {
    /// The calls under way, of which the last one runs; the others wait in requests.
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Runs `ask` on the call under way; none outside of a node.
pub(crate) fn current<R>(ask: impl FnOnce(&mut Call) -> R) -> Option<R> {
    CALLS.with_borrow_mut(|calls| calls.last_mut().map(ask))
}

/// What a handler asks for, and what is done when it succeeds.
pub(super) enum Effect {
    Deliver(Letter),
    SetTimer(u64, Timer),
    Cancel(u64),
    Start { address: Address, component: fn() -> Box<dyn Run>, args: Vec<u8> },
    Stop(Address),
    Monitor(Monitor),
    Demonitor(Address),
    StopNode,
}

/// One call of a worker's code.
pub(crate) struct Call {
    pub(crate) core: Shared,
    pub(crate) owner: Address,
    pub(crate) letter: Option<Letter>,
    /// Whether something was committed before the call's end.
    pub(super) committed: bool,
    effects: Vec<Effect>,
}

/// Running it.
impl Call {
    pub(super) fn new(core: &Shared, owner: &Address, letter: Option<Letter>) -> Self {
        Self {
            core: Rc::clone(core),
            owner: owner.clone(),
            letter,
            committed: false,
            effects: Vec::new(),
        }
    }

    /// Runs a worker's code, and gives back the call with what it has asked for.
    pub(super) fn run<R>(self, code: impl FnOnce() -> R) -> (R, Self) {
        let (core, owner) = (Rc::clone(&self.core), self.owner.clone());
        CALLS.with_borrow_mut(|calls| calls.push(self));
        let result = code();
        let call = CALLS.with_borrow_mut(Vec::pop);
        (result, call.unwrap_or_else(|| Self::new(&core, &owner, None)))
    }

    /// Does what was asked for.
    pub(super) fn commit(self) {
        for effect in self.effects {
            run::apply(&self.core, &self.owner, effect);
        }
    }
}

/// Messages.
impl Call {
    pub(crate) fn send(&mut self, to: &Route, payload: &[u8]) -> Result<(), SendError> {
        let letter = self.letter_to(to, payload)?;
        self.post(letter)
    }

    pub(crate) fn reply(&mut self, payload: &[u8]) -> Result<(), SendError> {
        let back = self.handled()?.back.clone();
        self.send(&back, payload)
    }

    pub(crate) fn forward(&mut self, via: &Route, payload: Option<&[u8]>) -> Result<(), SendError> {
        let mut letter = self.handled()?.clone();
        let mut onward: Route = via.clone();
        onward.extend(letter.onward);
        letter.back.push_front(letter.recipient);
        if letter.back.len() + onward.len() > skep_protocol::route::MAX_HOPS {
            return Err(SendError::HopLimit);
        }
        letter.recipient = onward
            .pop_front()
            .ok_or_else(|| SendError::Other("nothing is left of the way".into()))?;
        letter.onward = onward;
        // As the node has it: nobody's words pass for another's, or for the node's.
        if payload.is_some() || matches!(letter.origin, Origin::Node(_)) {
            letter.origin = Origin::Worker(self.owner.clone());
        }
        letter.payload = payload.map_or(letter.payload, Vec::from);
        letter.attempt = 1;
        self.post(letter)
    }

    /// Reserves a place for a request. It is committed with what was asked for so far.
    fn ask(&mut self, to: &Route, payload: &[u8], timeout: u32) -> Result<Asked, SendError> {
        let mut letter = self.letter_to(to, payload)?;
        let (token, until) = self.core.borrow_mut().expect_answer(timeout.into());
        letter.back = token.clone().into();
        (letter.token, letter.until) = (Some(token.clone()), Some(until));
        if let Err(why) = self.post(letter) {
            self.core.borrow_mut().forget(&token);
            return Err(why);
        }
        self.committed = true;
        let mut committed = Self::new(&self.core, &self.owner, None);
        committed.effects = std::mem::take(&mut self.effects);
        Ok(Asked { committed, token, until })
    }

    pub(crate) fn send_after(
        &mut self,
        delay: u32,
        to: &Route,
        payload: &[u8],
    ) -> Result<TimerId, SendError> {
        let letter = self.letter_to(to, payload)?;
        let mut core = self.core.borrow_mut();
        let due = core.now + u64::from(delay);
        let number = core.number();
        self.effects
            .push(Effect::SetTimer(number, Timer { owner: self.owner.clone(), due, letter }));
        Ok(TimerId(number))
    }

    pub(crate) fn cancel(&mut self, timer: TimerId) {
        self.effects.push(Effect::Cancel(timer.0));
    }

    /// The message being handled.
    fn handled(&self) -> Result<&Letter, SendError> {
        self.letter.as_ref().ok_or_else(|| SendError::Other("no message is being handled".into()))
    }

    /// A message of this worker's own.
    fn letter_to(&self, to: &Route, payload: &[u8]) -> Result<Letter, SendError> {
        Letter::new(
            to.clone(),
            self.owner.clone().into(),
            Origin::Worker(self.owner.clone()),
            payload,
        )
    }

    /// Reserves a place for a message, and sends it when the call succeeds.
    fn post(&mut self, letter: Letter) -> Result<(), SendError> {
        let to = &letter.recipient;
        let is_to =
            |effect: &&Effect| matches!(effect, Effect::Deliver(other) if other.recipient == *to);
        let reserved = self.effects.iter().filter(is_to).count();
        if !self.starts(to) {
            self.core.borrow().has_room(to, reserved)?;
        }
        self.effects.push(Effect::Deliver(letter));
        Ok(())
    }
}

/// Other workers, and the node.
impl Call {
    pub(crate) fn start_worker(
        &mut self,
        component: &str,
        name: Option<&str>,
        args: &[u8],
    ) -> Result<Address, StartError> {
        let mut core = self.core.borrow_mut();
        let unknown = || StartError::UnknownComponent(component.into());
        let factory = *core.components.get(component).ok_or_else(unknown)?;
        let name = name.map_or_else(|| core.number().to_string(), String::from);
        let address: Address = format!("{}.{name}", self.owner)
            .parse()
            .map_err(|why: crate::AddressError| StartError::Invalid(why.to_string()))?;
        core.free(&address)?;
        drop(core);
        if self.starts(&address) {
            return Err(StartError::AddressTaken(address));
        }
        self.effects.push(Effect::Start {
            address: address.clone(),
            component: factory,
            args: args.into(),
        });
        Ok(address)
    }

    pub(crate) fn stop_worker(&mut self, address: &Address) -> Result<(), SendError> {
        if *address != self.owner && !self.starts(address) {
            let core = self.core.borrow();
            let cell =
                core.cells.get(address).ok_or_else(|| SendError::NoRoute(address.clone()))?;
            if cell.parent.as_ref() != Some(&self.owner) {
                return Err(SendError::Denied(format!("{address} is not this worker's")));
            }
        }
        self.effects.push(Effect::Stop(address.clone()));
        Ok(())
    }

    pub(crate) fn monitor(&mut self, of: &Address, payload: &[u8]) {
        let monitor = Monitor { by: self.owner.clone(), of: of.clone(), payload: payload.into() };
        self.effects.push(Effect::Monitor(monitor));
    }

    pub(crate) fn demonitor(&mut self, of: &Address) {
        self.effects.push(Effect::Demonitor(of.clone()));
    }

    pub(crate) fn stop_node(&mut self) {
        self.effects.push(Effect::StopNode);
    }

    /// Whether this call has asked for a worker at this address.
    fn starts(&self, to: &Address) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Start { address, .. } if address == to))
    }
}

/// A request, and what is committed with it.
struct Asked {
    committed: Call,
    token: Address,
    until: u64,
}

/// Asks for the call under way, and lets others run until the answer is there; none
/// outside of a node.
pub(crate) fn request(
    to: &Route,
    payload: &[u8],
    timeout: u32,
) -> Option<Result<Vec<u8>, RequestError>> {
    Some(
        current(|call| call.ask(to, payload, timeout))?
            .map_err(RequestError::Send)
            .and_then(answer),
    )
}

fn answer(Asked { committed, token, until }: Asked) -> Result<Vec<u8>, RequestError> {
    let core = Rc::clone(&committed.core);
    committed.commit();
    let answer = run::wait(&core, &token, until);
    core.borrow_mut().forget(&token);
    answer
}
