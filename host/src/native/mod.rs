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

/// Now and then the other tasks of the runtime get their turn: a worker that answers on the thread
/// that sends never has the sender wait, and whom its turn wakes may wait for this very thread.
async fn give_way() {
    tokio::task::coop::consume_budget().await;
}

/// The address of the embedding program.
pub(crate) const APP: &str = "app";
