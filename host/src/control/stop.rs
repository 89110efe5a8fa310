//! `POST /stop`: the node, or one of its workers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use crate::control::guest::Guest;
use crate::control::places::Kind;
use crate::control::refusal::Refusal;
use crate::control::routes::{Body, Shared, address, gone};
use crate::control::{Stopped, Stopping};
use crate::node::Node;

/// How the node is to stop; nothing need be said.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopOrder {
    /// At once: its workers do not handle what they have.
    pub now: bool,
    /// Answer when it has stopped, with [`Ended`].
    pub wait: bool,
}

/// The node has stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// Its process, which ends now.
    pub stopped: u32,
    /// How many messages its workers had and did not handle; null if it was cut short and
    /// nobody has counted.
    pub unhandled: Option<usize>,
}

/// Always does it, be whoever asks still there or not; to wait for it one may have to be among the first.
pub(super) async fn node(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
    order: Result<Body<Option<StopOrder>>, Refusal>,
) -> Result<Response, Refusal> {
    let StopOrder { now, wait } = match order {
        Ok(Body(order)) => order.unwrap_or_default(),
        // It has hung up meanwhile, and how it was to stop may be lost with that.
        Err(why) if why.status() == gone() => StopOrder::default(),
        Err(why) => return Err(why),
    };
    if now {
        shared.ending.hurry();
    }
    shared.node.request_stop(if now { "`skep stop --now`" } else { "`skep stop`" });
    if !wait {
        return Ok(Json(Stopping { stopping: std::process::id() }).into_response());
    }
    let _place = shared
        .places
        .stopping
        .take(&guest)
        .await
        .ok_or_else(|| full("the node stops, but not every client hears when it has"))?;
    Ok(Json(shared.ending.wait().await).into_response())
}

pub(super) async fn worker(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
    Path(name): Path<String>,
) -> Result<Json<Stopped>, Refusal> {
    let address = address(&name)?;
    let node = shared.node;
    if node.worker(&address).is_none() {
        return Err(Refusal::unknown(&node, &address));
    }
    let place = shared.places.stopping.take(&guest).await;
    let place = place.ok_or_else(|| full(&format!("`{address}` was not told to stop")))?;
    // Whoever asks may hang up; a stop that has begun is done.
    let stopping = tokio::spawn({
        let node: Node = node.clone();
        async move {
            let stopped = node.stop_worker(address).await;
            drop(place);
            stopped
        }
    });
    match stopping.await {
        Ok(Ok(dead_letters)) => Ok(Json(Stopped { stopped: name, dead_letters })),
        Ok(Err(why)) => Err(Refusal::unstopped(&node, &why)),
        Err(why) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, why.to_string())),
    }
}

fn full(what: &str) -> Refusal {
    let error = format!("{what}: {}", Kind::full("something to stop"));
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error)
        .hint("`skep ps` shows how it goes; `skep stop --now` stops the node at once")
}
