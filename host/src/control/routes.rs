//! Which function answers what, and how requests are read.

use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, Request};
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use skep_protocol::Address;

use crate::config::Limits;
use crate::control::ending::Ending;
use crate::control::places::Places;
use crate::control::refusal::Refusal;
use crate::control::{channels, events, explain, letters, links, reload, send, stop, workers};
use crate::node::Node;

/// How long a request's body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a request may have beyond its payload.
const SLACK: usize = 64 << 10;

/// What all answers have at hand.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) node: Node,
    pub(super) places: Places,
    pub(super) ending: Ending,
}

impl FromRef<Shared> for Node {
    fn from_ref(shared: &Shared) -> Self {
        shared.node.clone()
    }
}

/// All that the socket answers.
pub(super) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/node", get(workers::info))
        .route("/ps", get(workers::list))
        .route("/ps/{address}", get(workers::show))
        .route("/links", get(links::list))
        .route("/channels", get(channels::list))
        .route("/explain", post(explain::explain))
        .route("/events", get(events::listen))
        .route("/send", post(send::send))
        .route("/dead-letters", get(letters::list).delete(letters::drop_all))
        .route("/dead-letters/{number}", get(letters::show).delete(letters::drop_one))
        .route("/dead-letters/{number}/redeliver", post(letters::redeliver))
        .route("/stop", post(stop::node))
        .route("/stop/{address}", post(stop::worker))
        .route("/reload", post(reload::all))
        .route("/reload/{name}", post(reload::one))
        .route("/rollback/{address}", post(reload::back))
        .fallback(no_path)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(most()))
        .with_state(shared)
}

/// A byte is at most two in JSON: two digits, or a character and its backslash.
fn most() -> usize {
    Limits::default().message.saturating_mul(2).saturating_add(SLACK)
}

async fn no_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path").hint(
        "there is GET /node, /ps, /ps/ADDRESS, /links, /channels, /events, /dead-letters, \
         /dead-letters/NUMBER and POST /send, /explain, /stop, /stop/ADDRESS, /reload, /reload/NAME, /rollback/ADDRESS",
    )
}

async fn no_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
}

/// JSON that somebody sent, whatever the header says that it is: `curl -d` calls it a form.
/// Nothing is `null`.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if request.body().size_hint().lower() > most() as u64 {
            return Err(too_large());
        }
        let body = tokio::time::timeout(PATIENCE, Bytes::from_request(request, state)).await;
        let bytes = body.map_err(|_| too_slow())?.map_err(unread)?;
        if bytes.is_empty() {
            let read = serde_json::from_slice(b"null");
            return read.map(Self).map_err(|_| Refusal::wrong("the request has no body: say JSON"));
        }
        let read = serde_json::from_slice(&bytes);
        read.map(Self).map_err(|why| Refusal::wrong(format!("the request cannot be read: {why}")))
    }
}

fn unread(why: BytesRejection) -> Refusal {
    match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Refusal::new(gone(), why.body_text()),
    }
}

/// That a client has hung up before it has said all; nobody reads this.
pub(super) fn gone() -> StatusCode {
    StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST)
}

fn too_large() -> Refusal {
    let most = Limits::default().message;
    let error = format!("the request is too large: a message has at most {most} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error)
}

fn too_slow() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request did not come in time")
}

/// An address that is part of a path.
pub(super) fn address(text: &str) -> Result<Address, Refusal> {
    text.parse().map_err(|why| Refusal::wrong(format!("`{text}` is no address: {why}")))
}
