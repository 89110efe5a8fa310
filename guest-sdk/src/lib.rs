//! Write workers for a Skep node.
//!
#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! - [`prelude`]: what a worker's file imports.
//! - `worker`: the traits [`Worker`] and [`State`].
//! - `context`: [`Context`], the node as a worker may use it.
//! - `routed`: [`Routed`], the message being handled.
//! - `words`: the node's answers to who, why and what: [`Origin`], [`Birth`], …
//! - `error`: [`Error`], and what becomes of a message when it leaves a handler.
//! - `instance`: one worker and its context, called by the node or by a test.
//! - `host`: the node's functions, imported by WebAssembly or played by `testing`.
//! - `testing`: a node for plain `cargo test`.

// The macros name this crate as its users do, and are used in its own tests.
extern crate self as skep_worker;

mod context;
mod error;
mod host;
mod instance;
mod routed;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod words;
mod worker;

pub use context::Context;
pub use error::{Error, Failure, RequestError, Result, SendError, StartError};
pub use routed::Routed;
pub use skep_protocol::{
    Address, AddressError, Bare, Encode, Message, PayloadError, Route, RouteError, route,
};
pub use skep_worker_macros::{Message, worker};
pub use words::{Any, Birth, Level, Notice, Origin, TimerId};
pub use worker::{State, Worker};

/// What a worker's file imports: `use skep_worker::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Address, Any, Bare, Birth, Context, Encode, Error, Level, Message, Notice, Origin, Result,
        Route, Routed, State, TimerId, Worker, route, worker,
    };
    pub use std::time::Duration;
}

/// What the macros' code calls; no part of the interface.
#[doc(hidden)]
pub mod __private {
    #[cfg(target_family = "wasm")]
    pub use crate::host::{Slot, exports, wit_bindgen};
    pub use serde::{Serialize, de::DeserializeOwned};
    pub use skep_protocol::msgpack;

    /// A new worker, for the macro to name it.
    #[must_use]
    pub fn new<W: crate::Worker + Default>() -> W {
        W::default()
    }
}
