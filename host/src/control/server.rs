//! Accepts, checks who it is, and answers until the node has stopped.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::control::socket::{self, BindError, Place};
use crate::control::{mail, routes};
use crate::node::Node;

/// Connections at a time; others wait to be accepted.
const CONNECTIONS: usize = 64;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long clients may take to read their last answers.
const PARTING: Duration = Duration::from_secs(1);

/// The control socket of a node that runs a directory.
#[derive(Debug)]
pub struct Server {
    node: Node,
    listener: UnixListener,
    place: Place,
}

/// One that is served, and its place among those that may be.
type Guest = (UnixStream, OwnedSemaphorePermit);

impl Server {
    /// Listen for a node. Nothing is answered until [`Server::serve`].
    ///
    /// # Errors
    /// When the node has no directory, or no socket can be made there.
    pub fn bind(node: &Node) -> Result<Self, BindError> {
        let root = node.directory().ok_or(BindError::NoDirectory)?;
        let (listener, place) = socket::listen(root)?;
        Ok(Self { node: node.clone(), listener, place })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.place.socket
    }

    /// Answer until `done`, which should be when the node has stopped; then remove the
    /// socket. Nothing of the node is held afterwards.
    pub async fn serve(self, done: impl Future<Output = ()> + Send) {
        let router = routes::router(self.node.clone());
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(mail::show(self.node.app()));
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut done = std::pin::pin!(done);
        loop {
            let (stream, permit) = tokio::select! {
                guest = accept(&self.listener, &room) => guest,
                () = &mut done => break,
            };
            let service = TowerToHyperService::new(router.clone());
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            let served = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
            tasks.spawn(async move {
                // A client that hangs up in the middle is no error of the node's.
                let _ = served.await;
                drop(permit);
            });
            while tasks.try_join_next().is_some() {}
        }
        drop((self.listener, self.place));
        let _ = tokio::time::timeout(PARTING, graceful.shutdown()).await;
        tasks.shutdown().await;
    }
}

/// The next that may ask.
async fn accept(listener: &UnixListener, room: &Arc<Semaphore>) -> Guest {
    loop {
        // It is never closed.
        let Ok(permit) = room.clone().acquire_owned().await else { continue };
        match listener.accept().await {
            Ok((stream, _)) if is_own(&stream) => return (stream, permit),
            Ok(_) => tracing::warn!(target: "skep::node", "another user was refused control"),
            // Too many files are open, say: others will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Whether the other end is this user or root. The folder's mode says so too; this holds
/// when someone has changed it.
fn is_own(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}
