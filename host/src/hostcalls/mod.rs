//! What a guest may ask of its node: one file per WIT interface, and the state
//! behind them, one per instance.

pub(crate) mod bindings;
mod budget;
mod call;
mod convert;
mod host;
mod log;
mod mail;
mod message;
mod node;
#[cfg(feature = "wasi")]
mod wasi;

pub(crate) use budget::{Budget, Excess, Gauge, Holding, NodeMemory, Overrun, Refused};
pub(crate) use call::{Usage, fuel_used, prepare, prepare_rest};
pub(crate) use host::{Host, Phase};
pub(crate) use log::LogGate;
#[cfg(feature = "cli")]
pub(crate) use log::Severity;
pub(crate) use mail::{Mail, SHORT};
#[cfg(feature = "wasi")]
pub(crate) use wasi::add_wasi_to_linker;

/// Link the interfaces of `skep:worker`.
///
/// # Errors
/// When one of them is linked already.
pub(crate) fn add_to_linker(
    linker: &mut wasmtime::component::Linker<Host>,
) -> wasmtime::Result<()> {
    use bindings::skep::worker;
    type Data = wasmtime::component::HasSelf<Host>;
    worker::types::add_to_linker::<Host, Data>(linker, |host| host)?;
    worker::message::add_to_linker::<Host, Data>(linker, |host| host)?;
    worker::node::add_to_linker::<Host, Data>(linker, |host| host)?;
    mail::add_to_linker(linker)
}
