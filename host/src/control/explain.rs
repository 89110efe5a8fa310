//! `POST /explain`: what would become of a message along a route.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use skep_protocol::{Identifier, Route};

use crate::control::refusal::Refusal;
use crate::control::routes::Body;
use crate::node::{Node, Sender};

/// A route, and who would send along it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The route: `h1,1#127.0.0.1:4000,echoer`.
    pub route: String,
    /// A worker's address, `peer` for another node, or an identifier for one that has proved
    /// it in a secure channel; otherwise the program, as `send`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// One stop of a route.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StopInfo {
    /// The stop.
    pub stop: String,
    /// The rule that decides there.
    pub rule: String,
    /// What would happen.
    pub outcome: String,
    /// Whether a message would get past it; null where this node cannot tell.
    pub passes: Option<bool>,
}

pub(super) async fn explain(
    State(node): State<Node>,
    Body(question): Body<Question>,
) -> Result<Json<Vec<StopInfo>>, Refusal> {
    let wrong = |text: &str, why: String| Refusal::wrong(format!("`{text}` is no route: {why}"));
    let route: Result<Route, _> = question.route.parse();
    let route = route.map_err(|why| wrong(&question.route, why.to_string()))?;
    let sender = match question.from.as_deref() {
        None => Sender::Worker(node.app().address().clone()),
        Some("peer") => Sender::Peer(None),
        Some(text) => match text.parse::<Identifier>() {
            Ok(identity) => Sender::Peer(Some(identity)),
            Err(_) => worker(&node, text)?,
        },
    };
    let stops = node.explain(&route, &sender).into_iter().map(|stop| StopInfo {
        stop: stop.address.to_string(),
        rule: stop.rule,
        outcome: stop.outcome,
        passes: stop.passes,
    });
    Ok(Json(stops.collect()))
}

/// A worker of this node.
fn worker(node: &Node, text: &str) -> Result<Sender, Refusal> {
    let worker = super::routes::address(text)?;
    match node.knows(&worker) {
        true => Ok(Sender::Worker(worker)),
        false => Err(Refusal::unknown(node, &worker)),
    }
}
