//! Accepts, checks who it is, and answers until the node has stopped.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use axum::response::Response;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::control::door::Door;
use crate::control::ending::Ending;
use crate::control::guest::Guest;
use crate::control::places::Places;
use crate::control::routes::Shared;
use crate::control::socket::{self, BindError, Place};
use crate::control::{mail, routes};
use crate::node::Node;

/// How long a client may take to begin: until then it has not said what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long clients may take to read their last answers.
const PARTING: Duration = Duration::from_secs(1);

/// The control socket of a node that runs a directory.
#[derive(Debug)]
pub struct Server {
    node: Node,
    listener: UnixListener,
    place: Place,
    ending: Ending,
}

impl Server {
    /// Listen for a node. Nothing is answered until [`Server::serve`].
    ///
    /// # Errors
    /// When the node has no directory, or no socket can be made there.
    pub fn bind(node: &Node) -> Result<Self, BindError> {
        let root = node.directory().ok_or(BindError::NoDirectory)?;
        let (listener, place) = socket::listen(root)?;
        Ok(Self { node: node.clone(), listener, place, ending: Ending::default() })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.place.socket
    }

    /// Wait until a client wants the node to stop at once.
    pub fn hurried(&self) -> impl Future<Output = ()> + Send + use<> {
        self.ending.hurried()
    }

    /// Answer until `done`, which should be when the node has stopped, and says how many
    /// messages were not handled, where that is known. Then tell those who wait for it,
    /// and remove the socket. Nothing of the node is held afterwards.
    pub async fn serve(self, done: impl Future<Output = Option<usize>> + Send) {
        let Self { node, listener, place, ending } = self;
        let mut mail = JoinSet::new();
        mail.spawn(mail::show(node.app()));
        let shared = Shared { node, places: Places::default(), ending: ending.clone() };
        let router = routes::router(shared);
        let (graceful, mut door) = (GracefulShutdown::new(), Door::default());
        let mut done = std::pin::pin!(done);
        let unhandled = loop {
            let stream = tokio::select! {
                stream = accept(&listener, &mut door) => stream,
                unhandled = &mut done => break unhandled,
            };
            let guest = Guest::new();
            let router = router.clone().layer(Extension(guest.clone()));
            let router = TowerToHyperService::new(router);
            let service = service_fn(move |request| answer(&router, request));
            let connection = http().serve_connection(TokioIo::new(stream), service);
            door.enter(guest, graceful.watch(connection));
        };
        drop((listener, place));
        ending.tell(unhandled);
        let _ = tokio::time::timeout(PARTING, graceful.shutdown()).await;
        door.close().await;
        mail.shutdown().await;
    }
}

/// An answer that is being made.
type Answering = Pin<Box<dyn Future<Output = io::Result<Response>> + Send>>;

/// Answer a request. When its connection ends, nobody goes on with it; but an order to stop
/// counts although whoever gave it has hung up, as the client of a node does that was
/// suspended for long. So that one is begun at once, and by itself.
fn answer(router: &TowerToHyperService<Router>, request: Request<Incoming>) -> Answering {
    let is_order = request.method() == Method::POST && request.uri().path() == "/stop";
    let answering = router.call(request);
    if !is_order {
        return Box::pin(async { answering.await.map_err(|never| match never {}) });
    }
    let task = tokio::spawn(answering);
    Box::pin(async { task.await?.map_err(|never| match never {}) })
}

/// One request, and the connection is over: none can be held by asking on and on.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    http
}

/// The next that may ask.
async fn accept(listener: &UnixListener, door: &mut Door) -> UnixStream {
    let mut told = false;
    loop {
        door.room().await;
        match listener.accept().await {
            Ok((stream, _)) if is_own(&stream) => return stream,
            Ok(_) => tracing::warn!(target: "skep::node", "another user was refused control"),
            // Too many files are open, say: others will be closed.
            Err(why) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(target: "skep::node", "no command is taken for now: {why}");
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Whether the other end is this user or root. The folder's mode says so too; this holds
/// when someone has changed it.
fn is_own(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}
