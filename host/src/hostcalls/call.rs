//! A call into a guest: what it may use for one message, and what it has used.

use std::time::Duration;

use wasmtime::{AsContext, AsContextMut};

use crate::executor::TICK;
use crate::hostcalls::Host;

/// In milliseconds, as times are shown.
const MILLIS_PER_TICK: u64 = 1;

/// What one call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) fuel: u64,
    /// Milliseconds.
    pub(crate) time: u64,
    /// Bytes handed to the host.
    pub(crate) host_bytes: u64,
    /// Bytes of randomness.
    pub(crate) random: u64,
    /// Handles that it has.
    pub(crate) handles: u64,
    /// Whether memory was refused to it.
    pub(crate) memory_refused: bool,
}

impl Usage {
    /// What was used since it was prepared.
    pub(crate) fn of(mut store: impl AsContextMut<Data = Host>) -> Self {
        let fuel = fuel_used(&store);
        let mut store = store.as_context_mut();
        let host = store.data_mut();
        let handles = host.handles() as u64;
        let (host_bytes, random) = host.budget.spent();
        Self {
            fuel,
            time: host.budget.ran().saturating_mul(MILLIS_PER_TICK),
            host_bytes: host_bytes as u64,
            random: random as u64,
            handles,
            memory_refused: host.budget.memory_refused().is_some(),
        }
    }
}

/// Set what may be used from now on.
pub(crate) fn prepare(mut store: impl AsContextMut<Data = Host>, fuel: u64, deadline: Duration) {
    let mut store = store.as_context_mut();
    // Fuel is on in the engine's configuration, which is the one way this can fail.
    let _ = store.set_fuel(fuel);
    // Not one: a tick often falls into a short call, which is no reason to yield.
    store.set_epoch_deadline(2);
    let ticks = deadline.as_millis() / TICK.as_millis().max(1);
    store.data_mut().budget.begin(u64::try_from(ticks).unwrap_or(u64::MAX), deadline);
}

/// Let a further call have what time is left of the one before, which is returned.
pub(crate) fn prepare_rest(mut store: impl AsContextMut<Data = Host>, fuel: u64) -> Duration {
    let mut store = store.as_context_mut();
    let _ = store.set_fuel(fuel);
    store.set_epoch_deadline(2);
    let budget = &mut store.data_mut().budget;
    budget.resume();
    TICK.saturating_mul(u32::try_from(budget.left()).unwrap_or(u32::MAX))
}

/// The fuel of the call in progress, or of the one just over.
pub(crate) fn fuel_used(store: impl AsContext<Data = Host>) -> u64 {
    let store = store.as_context();
    let most = store.data().handling.options().limits.fuel;
    most.saturating_sub(store.get_fuel().unwrap_or(0))
}
