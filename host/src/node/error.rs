//! Why a node does not start, or a worker does not stop.

use skep_protocol::Address;

use crate::config::ConfigError;
use crate::engine::CacheError;
use crate::loader::LoadError;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// Its directory cannot be used.
    #[error(transparent)]
    Directory(#[from] LoadError),
    /// Its settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its cache of compiled code cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// This machine cannot run compiled WebAssembly.
    #[error("this machine cannot run compiled WebAssembly: {0}")]
    Engine(String),
    /// The system gives no threads.
    #[error("the system gives no thread to run workers on: {0}")]
    Threads(#[from] std::io::Error),
    /// It cannot listen for other nodes.
    #[cfg(feature = "tcp")]
    #[error(transparent)]
    Tcp(#[from] crate::transport::tcp::TcpError),
    /// It has no identity, or a channel or listener has no address.
    #[cfg(feature = "tcp")]
    #[error(transparent)]
    Secure(#[from] crate::transport::secure::SecureError),
    /// It was not started within a tokio runtime with time enabled.
    #[error(
        "a node is started within a tokio runtime: call it from an async function that tokio runs"
    )]
    NoRuntime,
}

/// Why a worker was not stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// A file asks for it, and it does not run.
    #[error("`{worker}` does not run: {why}")]
    NotRunning {
        /// The address.
        worker: Address,
        /// Why not.
        why: String,
    },
    /// There is no worker at this address.
    #[error("no worker has the address `{worker}`{}", nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default())]
    Unknown {
        /// The address.
        worker: Address,
        /// One that there is, if one is like it.
        nearest: Option<String>,
    },
}
