//! What a handler asks of the node: checked and reserved when asked, done in
//! order when the handler succeeds, released when it fails. The same for
//! sandboxed and native workers; knows nothing of wasm.

mod core;
mod effect;
mod handling;
mod ledger;
mod room;
#[cfg(test)]
mod tests;
mod uses;
mod waiting;
mod watchers;

pub use core::StartError;
pub(crate) use core::{Asker, Child, Core, Starter};
pub(crate) use effect::{Commit, Effect, Outbox};
pub(crate) use handling::Handling;
pub(crate) use ledger::{Charge, Ledger};
pub(crate) use uses::uses;
pub(crate) use waiting::WaitSlot;
pub(crate) use watchers::Watchers;
