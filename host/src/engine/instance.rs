//! One live instance: a store of its own, and the calls into it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::ResourceTableError;
use wasmtime::{Result, Store, Trap, WasmBacktrace};

use crate::config::Limits;
use crate::engine::exports::Exports;
use crate::engine::held::{Held, is_short};
use crate::engine::stacks::Lent;
use crate::engine::{Code, Engine};
use crate::hostcalls::bindings::exports::skep::worker::{handler, lifecycle, series};
use crate::hostcalls::{
    Budget, Excess, Gauge, Host, LogGate, Mail, Overrun, Phase, Refused, Usage, fuel_used, prepare,
    prepare_rest,
};
use crate::outbox::{Asker, Handling};
use crate::sanitize::{brief, sanitize};

/// Function names of a backtrace that are told.
const MOST_FRAMES: usize = 4;

/// How finely the clock of a call with WASI counts.
const CLOCK_STEP: Duration = Duration::from_millis(50);

/// A live instance of a component.
pub(crate) struct Instance {
    store: Store<Host>,
    exports: Exports,
    limits: Limits,
    /// Set where calls may wait in WASI, and so need a clock.
    clock: Option<Arc<dyn Asker>>,
    /// The payload of the message in hand.
    held: Held,
    /// What its calls run on.
    stack: Lent,
}

/// How a call into a guest ended, when it did not trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Ok,
    /// Deliver the message again later.
    Retry(String),
    /// Never deliver it again.
    Reject(String),
}

/// The end of an instance: what went wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) why: String,
    /// A limit that was reached, if that is why.
    pub(crate) overrun: Option<Overrun>,
    /// It is none of the guest's: the system has refused something to the node.
    pub(crate) of_host: bool,
}

/// What a handler said.
type Handled = std::result::Result<(), handler::Failure>;

/// A call that is kept elsewhere.
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A sandboxed call: its own failure, or what the guest said.
pub(crate) type Called<T> = Result<T, Failure>;

impl Instance {
    /// Instantiate: the guest's memory is laid out, nothing of its own is called
    /// but core start functions.
    ///
    /// # Errors
    /// When the instance needs more than its limits, or its start function traps.
    pub(crate) async fn new(
        engine: &Engine,
        code: &Code,
        handling: Handling,
        limits: &Limits,
        log: Arc<LogGate>,
        gauge: Arc<Gauge>,
        mail: Arc<dyn Mail>,
    ) -> Called<Self> {
        let budget = Budget::new(limits, engine.ticker.clone(), engine.memory.clone(), gauge);
        let host = Host::new(handling, budget, log, mail);
        let mut store = Store::new(&engine.wasmtime, host);
        store.limiter(|host| &mut host.budget);
        store.epoch_deadline_callback(|mut store| Ok(store.data_mut().budget.tick()));
        // Twice the largest message: a list of strings costs the host more than its bytes.
        store.set_hostcall_fuel(2 * limits.message + 64 * 1_024);
        #[cfg(feature = "wasi")]
        if code.wasi {
            store.data_mut().provide_wasi(limits);
        }
        prepare(&mut store, limits.fuel, limits.start);
        // What follows, up to the first message, has one deadline for all.
        let mut stack = Lent::default();
        let instance = stack.during(pin!(code.pre.instantiate_async(&mut store))).await;
        let instance = instance.map_err(|error| failure(&store, &error))?;
        let exports = Exports::load(&mut store, code, &instance);
        let exports = exports.map_err(|error| failure(&store, &error))?;
        let clock = code.wasi.then(|| store.data().handling.asker().clone());
        let (limits, held) = (limits.clone(), Held::default());
        Ok(Self { store, exports, limits, clock, held, stack })
    }

    /// Nothing is to be called for a while: what the last calls have left on its stack, which
    /// may be as deep as a guest wants, needs no memory meanwhile.
    pub(crate) fn rest(&mut self) {
        #[expect(unsafe_code, reason = "what runs on a stack is known here alone")]
        // SAFETY: each call borrows this instance until it has ended; one that was given up has
        // left the stack when its future went.
        unsafe {
            self.stack.clear();
        }
    }

    /// The call in progress, or the one just over.
    pub(crate) fn handling(&mut self) -> &mut Handling {
        &mut self.store.data_mut().handling
    }

    /// What the last call used.
    pub(crate) fn usage(&mut self) -> Usage {
        Usage::of(&mut self.store)
    }

    /// Have the guest handle the message that was begun, and where it is to go `on`, and can, in
    /// the same call those after it. What is said is of the last.
    pub(crate) async fn handle(&mut self, on: bool) -> Called<Ended> {
        let Ok(message) = self.store.data().handling.message() else { return Ok(Ended::Ok) };
        // A payload that is held is not to outlast its message; calls with WASI have a clock,
        // which does not know of messages.
        let goes_on = on && is_short(&message.payload) && self.clock.is_none();
        self.held.hold(&message.payload);
        self.store.data_mut().budget.serve();
        prepare(&mut self.store, self.limits.fuel, self.limits.deadline);
        let said = if goes_on && let Some(series) = self.exports.series.clone() {
            self.go_on(series).await
        } else {
            // It stays where it is: it has hundreds of bytes, which would move with each message.
            let call = pin!(self.exports.handler.call_handle(&mut self.store, self.held.bytes()));
            let call = pin!(bounded(self.clock.clone(), self.limits.deadline, call));
            self.stack.during(call).await
        };
        self.held.release();
        match said {
            Ok(Ok(())) => Ok(Ended::Ok),
            Ok(Err(handler::Failure::Retry(why))) => Ok(Ended::Retry(brief(why))),
            Ok(Err(handler::Failure::Reject(why))) => Ok(Ended::Reject(brief(why))),
            Err(error) => Err(failure(&self.store, &error)),
        }
    }

    /// Have the guest handle what was begun, and what comes after it. Elsewhere, so that a message
    /// that comes alone carries nothing of it.
    fn go_on(&mut self, series: series::Guest) -> BoxFuture<'_, Result<Handled>> {
        Box::pin(async move {
            self.store.data_mut().goes_on = true;
            let said = {
                let call = pin!(series.call_handle_series(&mut self.store, self.held.bytes()));
                self.stack.during(call).await
            };
            self.store.data_mut().goes_on = false;
            said
        })
    }

    /// Tell the guest that it begins, and why. The text is its own refusal.
    pub(crate) async fn start(
        &mut self,
        args: &[u8],
        why: &lifecycle::Birth,
    ) -> Called<Result<(), String>> {
        let Some(lifecycle) = &self.exports.lifecycle else { return Ok(Ok(())) };
        let left = prepare_rest(&mut self.store, self.limits.fuel);
        let call = lifecycle.call_start(&mut self.store, args, why);
        let call = bounded(self.clock.clone(), left, call);
        let said = self.stack.during(pin!(call)).await;
        said.map_err(|error| failure(&self.store, &error))
    }

    /// Tell the guest that it ends in good order.
    pub(crate) async fn stop(&mut self) -> Called<()> {
        let Some(lifecycle) = &self.exports.lifecycle else { return Ok(()) };
        prepare(&mut self.store, self.limits.fuel, self.limits.deadline);
        let call = lifecycle.call_stop(&mut self.store);
        let call = bounded(self.clock.clone(), self.limits.deadline, call);
        let said = self.stack.during(pin!(call)).await;
        said.map_err(|error| failure(&self.store, &error))
    }

    /// Have the guest write its state down.
    pub(crate) async fn save(&mut self) -> Called<Result<Vec<u8>, String>> {
        let Some(state) = &self.exports.state else { return Ok(Ok(Vec::new())) };
        prepare(&mut self.store, self.limits.fuel, self.limits.deadline);
        // All that it has: a state that is too large is refused, and costs no instance.
        self.store.set_hostcall_fuel(self.limits.memory.saturating_add(64 * 1_024));
        self.store.data_mut().phase = Phase::State;
        let call = state.call_save(&mut self.store);
        let call = bounded(self.clock.clone(), self.limits.deadline, call);
        let said = self.stack.during(pin!(call)).await;
        self.store.data_mut().phase = Phase::Working;
        self.store.set_hostcall_fuel(2 * self.limits.message + 64 * 1_024);
        said.map_err(|error| failure(&self.store, &error))
    }

    /// Give the guest the state that was saved.
    pub(crate) async fn restore(&mut self, saved: &[u8]) -> Called<Result<(), String>> {
        let Some(state) = &self.exports.state else { return Ok(Ok(())) };
        let left = prepare_rest(&mut self.store, self.limits.fuel);
        self.store.data_mut().phase = Phase::State;
        let call = state.call_restore(&mut self.store, saved);
        let call = bounded(self.clock.clone(), left, call);
        let said = self.stack.during(pin!(call)).await;
        self.store.data_mut().phase = Phase::Working;
        said.map_err(|error| failure(&self.store, &error))
    }
}

/// Poll a call to its end. A component with WASI may wait in the host, where no
/// epoch reaches it: then its deadline is that of a clock, which stands still
/// while the worker waits in `request`.
async fn bounded<T>(
    clock: Option<Arc<dyn Asker>>,
    deadline: Duration,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(asker) = clock else { return call.await };
    let late = async {
        let mut left = deadline;
        while !left.is_zero() {
            let step = left.min(CLOCK_STEP);
            tokio::time::sleep(step).await;
            if asker.wait_slot().get().is_none() {
                left -= step;
            }
        }
    };
    tokio::select! {
        biased;
        said = call => said,
        () = late => Err(wasmtime::Error::new(Late)),
    }
}

/// A call was given up because it waited in the host for too long.
#[derive(Debug)]
struct Late;

impl std::fmt::Display for Late {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("it waited in a call to the host for too long")
    }
}

impl std::error::Error for Late {}

/// What a trap means, in words.
fn failure(store: &Store<Host>, error: &wasmtime::Error) -> Failure {
    let budget = &store.data().budget;
    let overrun = overrun(budget, error);
    let limits = &store.data().handling.options().limits;
    let mut why = match overrun {
        Some(Overrun::Fuel) => format!("it used up its fuel ({})", limits.fuel),
        Some(Overrun::Deadline) => {
            format!("it ran longer than its deadline ({:?})", budget.deadline)
        }
        Some(Overrun::Memory) => match budget.memory_refused() {
            Some(Refused::Node(most)) => {
                format!("the node's workers need more memory together than its {most} bytes")
            }
            _ => format!("it needed more memory than its {} bytes", limits.memory),
        },
        Some(Overrun::Handles) => format!("it needed more handles than its {}", limits.handles),
        Some(Overrun::HostBytes | Overrun::Random) => error.root_cause().to_string(),
        None => format!("it trapped: {}", error.root_cause()),
    };
    why = brief(why);
    why.push_str(&place(error));
    let (fuel, memory) = (fuel_used(store), budget.memory_used() / 1_024);
    // Compiled code writes its fuel back at calls, and so not where a tick ends it.
    let least = if overrun == Some(Overrun::Deadline) { "at least " } else { "" };
    why.push_str(&format!("; {least}{fuel} fuel and {memory} KiB used"));
    let no_files = is_out_of_files(error);
    if no_files {
        why.push_str("; the node may have no more files open (`ulimit -n`)");
    }
    // Whoever only wants to begin has not taken what others have.
    let no_memory = !budget.serves() && matches!(budget.memory_refused(), Some(Refused::Node(_)));
    if no_memory {
        why.push_str("; `memory` in [node] of node.toml says how much there may be");
    }
    Failure { why: sanitize(&why).into_owned(), overrun, of_host: no_files || no_memory }
}

/// Whether the system gave no more files: the code of each component needs one.
fn is_out_of_files(error: &wasmtime::Error) -> bool {
    let said = error.root_cause().to_string();
    // EMFILE and ENFILE; wasmtime does not keep the number.
    ["(os error 24)", "(os error 23)"].iter().any(|end| said.ends_with(end))
}

/// Which limit it was, if that is why a call ended.
fn overrun(budget: &Budget, error: &wasmtime::Error) -> Option<Overrun> {
    let full = |error: &ResourceTableError| matches!(error, ResourceTableError::Full);
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Some(Overrun::Fuel),
        Some(Trap::Interrupt) if budget.out_of_time => Some(Overrun::Deadline),
        _ if error.is::<Late>() => Some(Overrun::Deadline),
        _ if budget.memory_refused().is_some() => Some(Overrun::Memory),
        _ if error.downcast_ref().is_some_and(full) => Some(Overrun::Handles),
        _ => error.downcast_ref::<Excess>().map(|&excess| excess.into()),
    }
}

/// The functions that it was in, as far as the component carries their names.
fn place(error: &wasmtime::Error) -> String {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return String::new() };
    let names = backtrace.frames().iter().filter_map(|frame| frame.func_name());
    let names: Vec<_> = names.take(MOST_FRAMES).collect();
    if names.is_empty() {
        return String::new();
    }
    brief(format!(" (in {})", names.join(", called by ")))
}
