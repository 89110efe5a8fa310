//! `POST /stop`: the node, or one of its workers.

use axum::Json;
use axum::extract::{Path, State};

use crate::control::refusal::Refusal;
use crate::control::routes::address;
use crate::control::{Stopped, Stopping};
use crate::node::Node;

/// Answers before the node has stopped: afterwards there is nobody to answer.
pub(super) async fn node(State(node): State<Node>) -> Json<Stopping> {
    node.request_stop("`skep stop`");
    Json(Stopping { stopping: std::process::id() })
}

pub(super) async fn worker(
    State(node): State<Node>,
    Path(name): Path<String>,
) -> Result<Json<Stopped>, Refusal> {
    let address = address(&name)?;
    // Whoever asks may hang up; a stop that has begun is done.
    let stopping = tokio::spawn({
        let node = node.clone();
        async move { node.stop_worker(address).await }
    });
    if let Ok(Err(why)) = stopping.await {
        return Err(Refusal::unstopped(&node, &why));
    }
    Ok(Json(Stopped { stopped: name }))
}
