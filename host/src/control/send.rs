//! `POST /send`: a message on its way, and its answer; or many.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use skep_protocol::Route;
use skep_protocol::route::{MAX_STOPS, RouteError};
use tokio::task::JoinSet;

use crate::control::guest::Guest;
use crate::control::measure::Load;
use crate::control::places::Kind;
use crate::control::refusal::Refusal;
use crate::control::routes::{Body, Shared};
use crate::control::{Measured, Payload, Reply, SendOrder};
use crate::node::Node;
use crate::router::SendError;

/// How long an answer is waited for, unless it is said.
const TIMEOUT: u64 = 30_000;
/// The longest that may be said: a day.
const LONGEST: u64 = 86_400_000;
/// The most messages of one order, and the most that wait for their answers at a time: as
/// many as a mailbox holds.
const MOST: u64 = 1_000_000_000;
const MOST_OUTSTANDING: u32 = 1_024;

pub(super) async fn send(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
    Body(order): Body<SendOrder>,
) -> Result<Response, Refusal> {
    let node = shared.node;
    let many = order.count.is_some();
    let load = load(&node, order)?;
    if load.no_reply && !many {
        let sent = load.app.send(&load.route, &load.payload[..]).await;
        sent.map_err(|why| Refusal::unsent(&node, &load.route, &why))?;
        return Ok(Json(Reply { payload: None }).into_response());
    }
    let _place = shared.places.sending.take(&guest).await.ok_or_else(full)?;
    tokio::select! {
        answer = answer(&node, load, many) => answer,
        // Whoever was to answer is gone, and perhaps nobody knows any more that one waits.
        _ = shared.ending.wait() => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the node has stopped before there was an answer",
        )),
    }
}

async fn answer(node: &Node, load: Load, many: bool) -> Result<Response, Refusal> {
    if many {
        return Ok(Json(measured(load).await?).into_response());
    }
    let answer = load.app.request(load.route.clone(), load.payload, load.timeout).await;
    let answer = answer.map_err(|why| Refusal::unanswered(node, &load.route, &why))?;
    Ok(Json(Reply { payload: Some(Payload::of(&answer)) }).into_response())
}

/// Send them in a task of its own, which ends with this future: an answer wakes nothing
/// of what a client's connection waits for besides.
async fn measured(load: Load) -> Result<Measured, Refusal> {
    let mut task = JoinSet::new();
    task.spawn(load.run());
    let measured = task.join_next().await.and_then(Result::ok);
    measured.ok_or_else(|| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the measurement ended before its time")
    })
}

fn full() -> Refusal {
    let error = Kind::full("answers to what they sent");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error).hint(
        "try again when one of them has ended, or send with `--no-reply`, which does not wait",
    )
}

/// What the order says, if it can be done.
fn load(node: &Node, order: SendOrder) -> Result<Load, Refusal> {
    let route = read_route(&order.route)?;
    let payload = order.payload.into_bytes().map_err(Refusal::wrong)?;
    let timeout = order.timeout_ms.unwrap_or(TIMEOUT);
    if timeout > LONGEST {
        let error = format!("a timeout of {timeout} ms is too long");
        return Err(Refusal::wrong(error).hint(format!("at most {LONGEST} ms, a day, are waited")));
    }
    let count = order.count.unwrap_or(1);
    if !(1..=MOST).contains(&count) {
        return Err(Refusal::wrong(format!("`count` is from 1 to {MOST}, not {count}")));
    }
    let outstanding = order.outstanding.unwrap_or(1);
    if !(1..=MOST_OUTSTANDING).contains(&outstanding) {
        let error = format!("`outstanding` is from 1 to {MOST_OUTSTANDING}, not {outstanding}");
        return Err(Refusal::wrong(error));
    }
    Ok(Load {
        app: node.app(),
        route,
        payload: Bytes::from(payload),
        timeout: Duration::from_millis(timeout),
        count,
        outstanding,
        no_reply: order.no_reply,
    })
}

fn read_route(text: &str) -> Result<Route, Refusal> {
    text.parse().map_err(|why: RouteError| {
        // One stop too many and fifty are the same mistake, but the number helps to find it.
        let why = match why {
            RouteError::TooLong => SendError::RouteTooLong(text.split(',').count()).to_string(),
            why => why.to_string(),
        };
        Refusal::wrong(format!("`{text}` is no route: {why}"))
            .hint(format!("a route is up to {MAX_STOPS} addresses, nearest first: `h1,echoer`"))
    })
}
