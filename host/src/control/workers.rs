//! `GET /node`, `GET /ps`: the node and its workers.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use skep_protocol::Address;

use crate::control::refusal::Refusal;
use crate::control::routes::address;
use crate::control::{NodeInfo, PAGE, WorkerInfo, flow};
use crate::node::Node;

/// Which workers are wanted; all if nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Those that come after this address.
    after: Option<String>,
    /// As many, or as many as are told at a time.
    limit: Option<usize>,
    /// Without what they use of their limits.
    brief: bool,
}

pub(super) async fn info(State(node): State<Node>) -> Json<NodeInfo> {
    let (memory_bytes, memory_most) = node.memory();
    Json(NodeInfo {
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
        directory: node.directory().map(|path| path.display().to_string()).unwrap_or_default(),
        workers: node.worker_count(),
        memory_bytes,
        memory_most,
        dead_letters: node.dead_letter_count(),
        listening: node.tcp().listening().iter().map(ToString::to_string).collect(),
        refused: node.tcp().refused(),
        turned_away: node.tcp().turned_away(),
    })
}

pub(super) async fn list(
    State(node): State<Node>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(wanted) = wanted.map_err(|why| Refusal::wrong(why.body_text()))?;
    let after = wanted.after.as_deref().map(address).transpose()?;
    match wanted.limit {
        Some(limit) => {
            Ok(Json(page(&node, after.as_ref(), limit.min(PAGE), wanted.brief).0).into_response())
        }
        None => Ok(all(node, after, wanted.brief)),
    }
}

/// Some workers, and the last one's address.
fn page(
    node: &Node,
    after: Option<&Address>,
    most: usize,
    brief: bool,
) -> (Vec<WorkerInfo>, Option<Address>) {
    let found = node.page(after, most, !brief);
    let last = found.last().map(|status| status.address.clone());
    let told = |status| WorkerInfo { last_failure: None, ..WorkerInfo::from(status) };
    (found.into_iter().map(told).collect(), last)
}

/// All workers in one array, each on a line of its own.
fn all(node: Node, mut after: Option<Address>, brief: bool) -> Response {
    flow::answer("application/json", async move |flow| {
        let mut before = "[\n";
        loop {
            let (found, last) = page(&node, after.as_ref(), PAGE, brief);
            let mut piece = Vec::new();
            for worker in &found {
                piece.extend_from_slice(before.as_bytes());
                // Nothing of it can fail to be written into memory.
                let _ = serde_json::to_writer(&mut piece, worker);
                before = ",\n";
            }
            let Some(last) = last else { break };
            flow.send(piece).await?;
            after = Some(last);
        }
        flow.send(if before == "[\n" { "[]\n" } else { "\n]\n" }).await
    })
}

pub(super) async fn show(
    State(node): State<Node>,
    Path(name): Path<String>,
) -> Result<Json<WorkerInfo>, Refusal> {
    let address = address(&name)?;
    let found = node.worker(&address).ok_or_else(|| Refusal::unknown(&node, &address))?;
    Ok(Json(found.into()))
}
