//! `GET /channels`: the node's secure channels to other nodes.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::node::Node;
use crate::transport::secure::ChannelStatus;

/// A secure channel to another node: one that is open, or one that `node.toml` names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelInfo {
    /// The name that `node.toml` gives it; null if another node has opened it.
    pub name: Option<String>,
    /// `open`; or `connecting`, or `waiting` until there is something to send.
    pub state: String,
    /// Who is at the other end, or has to be there.
    pub identity: String,
    /// `this` node or the `other`: who opens it.
    pub opened_by: String,
    /// The way that sealed messages take; until it is open, the route to the other end's
    /// listener.
    pub way: String,
    /// How long there has been this channel, in milliseconds.
    pub age_ms: u64,
    /// How long nothing has come by it, in milliseconds.
    pub unheard_ms: u64,
    /// Messages that have left by it.
    pub sent: u64,
    /// Messages that have come by it.
    pub received: u64,
    /// Of what has come to it, what was refused.
    pub refused: u64,
    /// Messages that were to leave by it and have not.
    pub lost: u64,
    /// Why it was closed, or could not be opened, since it was opened last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

impl From<ChannelStatus> for ChannelInfo {
    fn from(status: ChannelStatus) -> Self {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            name: status.name.map(|name| name.to_string()),
            state: status.state.name().into(),
            identity: status.identity.to_string(),
            opened_by: if status.is_opened { "this" } else { "other" }.into(),
            way: status.way.to_string(),
            age_ms: ms(status.age),
            unheard_ms: ms(status.unheard),
            sent: status.sent,
            received: status.received,
            refused: status.refused,
            lost: status.lost,
            last_failure: status.last_failure,
        }
    }
}

pub(super) async fn list(State(node): State<Node>) -> Json<Vec<ChannelInfo>> {
    Json(node.secure_channels().into_iter().map(ChannelInfo::from).collect())
}
