//! A WebAssembly plugin host for sandboxed, message-driven workers.
//!
//! A [`Node`] routes messages between workers. Each worker handles one message at
//! a time, behind a mailbox that is bounded; it is a WebAssembly component, with a
//! budget for each message, or a Rust value of the embedding program.
//!
//! # Layout, from the facade down
//! - `control`: the socket that the command `skep` talks to (feature `cli`).
//! - `offline`: what that command does without a running node (feature `watch`).
//! - `node`: builds a node from the parts below; starts and stops workers.
//! - `loader`: the node's directory: its files, their names, its lock; what changes there.
//! - `transport`: links to other nodes, and secure channels (feature `tcp`).
//! - `worker`: sandboxed workers: cell, life, supervision.
//! - `native`: workers that are values of the program, and the program itself.
//! - `engine`: all that compiles, links and instantiates components.
//! - `hostcalls`: what a guest may ask: one file per WIT interface; its budget.
//! - `outbox`: what a handler asks of the node: effects, and their commit.
//! - `timers`: those of all workers, and the thread that waits for them.
//! - `router`: the address table, requests, dead letters.
//! - `mailbox`: a queue bounded by count and bytes.
//! - `executor`: threads that poll tasks; knows nothing of what it polls.
//! - `events`: what happens to the node and its workers, for the log and for programs.
//! - `config`: settings, validated, with every default.

mod config;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod control;
mod engine;
mod events;
mod executor;
#[doc(hidden)]
pub mod fuzzing;
mod hostcalls;
mod loader;
mod mailbox;
mod native;
mod node;
#[cfg(feature = "watch")]
#[doc(hidden)]
pub mod offline;
mod outbox;
mod router;
mod run_main;
mod sanitize;
mod sync;
mod timers;
#[cfg(feature = "tcp")]
mod transport;
mod worker;

pub use config::{
    Access, Grant, Limits, Network, Overflow, Restart, Save, Sleep, Trial, Unit, WorkerOptions,
};
pub use events::{Event, Events, What};
pub use native::{App, Context, Failure, Routed, Worker};
pub use node::{Brought, Component, Node, NodeBuilder, Starting};
#[cfg(feature = "tcp")]
pub use node::{SecureChannel, Tcp};
pub use router::{DeadLetter, LimitUse, Notice, Origin, Peer, State, WorkerStatus};
pub use skep_protocol::{Address, Bare, Encode, Identifier, Message, MessagePack, Route, route};
#[cfg(feature = "tcp")]
pub use skep_secure::{Identity, Seed, Trust};
#[cfg(feature = "tcp")]
pub use transport::secure::{ChannelState, ChannelStatus};
#[cfg(feature = "tcp")]
pub use transport::tcp::{LinkState, LinkStatus};

/// Why something was not done: one type for each operation.
pub mod error {
    pub use skep_protocol::{AddressError, PayloadError, RouteError};

    pub use crate::config::{ConfigError, NameError, NetworkError};
    pub use crate::engine::CacheError;
    pub use crate::loader::LoadError;
    pub use crate::native::ReceiveError;
    pub use crate::node::{NodeError, ReloadError, StopError};
    pub use crate::outbox::StartError;
    pub use crate::router::{RequestError, SendError};
    #[cfg(feature = "tcp")]
    pub use crate::transport::secure::SecureError;
    #[cfg(feature = "tcp")]
    pub use crate::transport::tcp::TcpError;
    #[cfg(feature = "tcp")]
    pub use skep_secure::identity::{IdentityError, TextError};
}

/// Runs an async `main` within a node, as Ockam's attribute of this name does.
///
/// ```
/// use skep::{Context, Failure, Node, Routed, Worker, route};
///
/// struct Echoer;
///
/// impl Worker for Echoer {
///     type Message = String;
///
///     async fn handle_message(&mut self, context: &mut Context, message: Routed<String>) -> Result<(), Failure> {
///         Ok(context.reply(message.body())?)
///     }
/// }
///
/// #[skep::node]
/// async fn main(node: Node) -> Result<(), Box<dyn std::error::Error>> {
///     node.start_worker("echoer", Echoer).await?;
///     let reply: String = node.app().send_and_receive(route!["echoer"], "Hello Skep!").await?;
///     assert_eq!(reply, "Hello Skep!");
///     Ok(())
/// }
/// ```
pub use skep_macros::node;

/// What the macros need; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::run_main::run_main;
}
