//! Workers that are Rust values of the embedding program, and the program itself:
//! in the same address space as sandboxed ones, with the same guarantees.

mod app;
mod context;
mod failure;
mod life;
mod post;
mod routed;

pub(crate) use app::AppPost;
pub use app::{App, ReceiveError};
pub use context::{Context, Worker};
pub use failure::Failure;
pub(crate) use post::Post;
pub use routed::Routed;

pub(crate) use life::spawn;

/// The address of the embedding program.
pub(crate) const APP: &str = "app";
