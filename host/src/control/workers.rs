//! `GET /node`, `GET /ps`: the node and its workers.

use axum::Json;
use axum::extract::{Path, State};

use crate::control::refusal::Refusal;
use crate::control::routes::address;
use crate::control::{NodeInfo, WorkerInfo};
use crate::node::Node;

pub(super) async fn info(State(node): State<Node>) -> Json<NodeInfo> {
    let (memory_bytes, memory_most) = node.memory();
    Json(NodeInfo {
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
        directory: node.directory().map(|path| path.display().to_string()).unwrap_or_default(),
        workers: node.workers().len(),
        memory_bytes,
        memory_most,
        dead_letters: node.dead_letter_count(),
    })
}

pub(super) async fn list(State(node): State<Node>) -> Json<Vec<WorkerInfo>> {
    let brief = |status| WorkerInfo { last_failure: None, ..WorkerInfo::from(status) };
    Json(node.workers().into_iter().map(brief).collect())
}

pub(super) async fn show(
    State(node): State<Node>,
    Path(name): Path<String>,
) -> Result<Json<WorkerInfo>, Refusal> {
    let address = address(&name)?;
    let found = node.worker(&address).ok_or_else(|| Refusal::unknown(&node, &address))?;
    Ok(Json(found.into()))
}
