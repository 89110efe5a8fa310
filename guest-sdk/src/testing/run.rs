//! How the node for tests runs workers: one message, one start, one stop at a time.
//! The core is never borrowed while a worker's code runs.

use std::cell::RefCell;
use std::rc::Rc;

use super::call::{Call, Effect};
use super::core::{Core, Letter, Monitor, Seat};
use crate::instance::Instance;
use crate::{Address, Birth, Failure, Level, Notice, RequestError, Result, Worker};

/// The node's inside, shared with the calls under way.
pub(super) type Shared = Rc<RefCell<Core>>;

/// An instance of any worker.
pub(crate) trait Run {
    fn handle(&mut self, payload: Vec<u8>) -> Result<(), Failure>;
    fn start(&mut self, args: &[u8], why: Birth) -> Result<()>;
    fn stop(&mut self);
    fn save(&mut self) -> Option<Result<Vec<u8>>>;
    fn restore(&mut self, state: &[u8]) -> Result<()>;
}

impl<W: Worker> Run for Instance<W> {
    fn handle(&mut self, payload: Vec<u8>) -> Result<(), Failure> {
        self.handle(payload)
    }

    fn start(&mut self, args: &[u8], why: Birth) -> Result<()> {
        self.start(args, why)
    }

    fn stop(&mut self) {
        self.stop();
    }

    fn save(&mut self) -> Option<Result<Vec<u8>>> {
        self.save()
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        self.restore(state)
    }
}

/// Runs whatever can run now.
pub(super) fn until_quiet(core: &Shared) {
    while step(core) {}
}

/// Has one worker handle one message; false if there is none to handle now.
fn step(core: &Shared) -> bool {
    let Some((letter, mut worker)) = core.borrow_mut().next() else {
        return false;
    };
    let address = letter.recipient.clone();
    let payload = letter.payload.clone();
    let call = Call::new(core, &address, Some(letter.clone()));
    let (result, call) = call.run(|| worker.handle(payload));
    give_back(core, &address, worker);
    match result {
        Ok(()) => call.commit(),
        Err(failure) => core.borrow_mut().failed(letter, failure, call.committed),
    }
    stop_if_asked(core, &address);
    true
}

/// Lets time pass to the next thing that happens by itself; false if that is not
/// until then, and it is then.
pub(super) fn pass(core: &Shared, until: u64) -> bool {
    let mut core = core.borrow_mut();
    let event = core.next_event().filter(|event| *event <= until);
    core.now = event.unwrap_or(until).max(core.now);
    core.fire();
    event.is_some()
}

/// Runs the workers until the answer is there.
pub(super) fn wait(core: &Shared, token: &Address, until: u64) -> Result<Vec<u8>, RequestError> {
    loop {
        if let Some(answer) = core.borrow_mut().answers.get_mut(token).and_then(Option::take) {
            return answer;
        }
        if step(core) {
            continue;
        }
        if let Some(circle) = core.borrow().circle(token) {
            return Err(RequestError::Cycle(circle.to_string()));
        }
        if !pass(core, until) {
            return Err(RequestError::Timeout);
        }
    }
}

/// Starts a worker at an address that is free.
pub(super) fn start(
    core: &Shared,
    address: &Address,
    mut worker: Box<dyn Run>,
    parent: Option<Address>,
    args: &[u8],
) -> Result<()> {
    core.borrow_mut().add(address.clone(), Seat::Busy, parent, args);
    let (result, call) = Call::new(core, address, None).run(|| worker.start(args, Birth::First));
    match &result {
        Ok(()) => {
            give_back(core, address, worker);
            call.commit();
            stop_if_asked(core, address);
        }
        Err(why) => core.borrow_mut().remove(address, &why.to_string()),
    }
    result
}

/// Has `new` take over from the worker at this address.
pub(super) fn reload(
    core: &Shared,
    address: &Address,
    mut new: Box<dyn Run>,
    why: Birth,
) -> Result<()> {
    let (mut old, args) = take(core, address).ok_or("there is no worker at this address")?;
    let (result, call) = Call::new(core, address, None).run(|| {
        let state = old.save().transpose()?;
        new.start(&args, why)?;
        state.map_or(Ok(()), |state| new.restore(&state))
    });
    if result.is_ok() {
        end(core, address, old);
        give_back(core, address, new);
        call.commit();
    } else {
        give_back(core, address, old);
    }
    stop_if_asked(core, address);
    result
}

/// Stops the worker at this address, once it is no longer busy.
pub(super) fn stop(core: &Shared, address: &Address, why: &str) {
    if let Some((worker, _)) = take(core, address) {
        end(core, address, worker);
        core.borrow_mut().remove(address, why);
    } else if let Some(cell) = core.borrow_mut().cells.get_mut(address) {
        cell.stopping = Some(why.into());
    }
}

/// Lets an instance end in good order.
fn end(core: &Shared, address: &Address, mut worker: Box<dyn Run>) {
    let ((), call) = Call::new(core, address, None).run(|| worker.stop());
    call.commit();
}

/// Takes the worker at this address, and its arguments, unless it is busy.
fn take(core: &Shared, address: &Address) -> Option<(Box<dyn Run>, Vec<u8>)> {
    let mut core = core.borrow_mut();
    let cell = core.cells.get_mut(address)?;
    match std::mem::replace(&mut cell.seat, Seat::Busy) {
        Seat::Free(worker) => Some((worker, cell.args.clone())),
        other => {
            cell.seat = other;
            None
        }
    }
}

fn give_back(core: &Shared, address: &Address, worker: Box<dyn Run>) {
    if let Some(cell) = core.borrow_mut().cells.get_mut(address) {
        cell.seat = Seat::Free(worker);
    }
}

fn stop_if_asked(core: &Shared, address: &Address) {
    let why = core.borrow_mut().cells.get_mut(address).and_then(|cell| cell.stopping.take());
    if let Some(why) = why {
        stop(core, address, &why);
    }
}

/// Does what a handler has asked for.
pub(super) fn apply(core: &Shared, owner: &Address, effect: Effect) {
    match effect {
        Effect::Deliver(letter) => core.borrow_mut().deliver(letter),
        Effect::SetTimer(number, timer) => {
            core.borrow_mut().timers.insert(number, timer);
        }
        Effect::Cancel(number) => {
            core.borrow_mut().timers.retain(|&id, timer| id != number || timer.owner != *owner)
        }
        Effect::Start { address, component, args } => {
            start_child(core, owner, &address, component, &args)
        }
        Effect::Stop(address) => stop(core, &address, "stopped"),
        Effect::Monitor(monitor) => watch(core, monitor),
        Effect::Demonitor(of) => {
            core.borrow_mut().monitors.retain(|monitor| monitor.by != *owner || monitor.of != of);
        }
        Effect::StopNode => core.borrow_mut().stopped = true,
    }
}

fn start_child(
    core: &Shared,
    parent: &Address,
    address: &Address,
    component: fn() -> Box<dyn Run>,
    args: &[u8],
) {
    if let Err(why) = start(core, address, component(), Some(parent.clone()), args) {
        let text = format!("not started: {why}");
        core.borrow_mut().logs.push(super::Log {
            address: address.clone(),
            level: Level::Error,
            text,
        });
    }
}

fn watch(core: &Shared, monitor: Monitor) {
    let mut core = core.borrow_mut();
    if core.cells.contains_key(&monitor.of) {
        core.monitors.push(monitor);
    } else {
        let notice = Notice::Stopped(monitor.of, "there is no such worker".into());
        core.deliver(Letter::notice(&monitor.by, notice, monitor.payload));
    }
}
