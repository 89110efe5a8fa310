//! `GET /links`: the node's links to other nodes.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::node::Node;
use crate::transport::tcp::LinkStatus;

/// A link to another node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkInfo {
    /// Where it leads: `1#host:port`. If the other node has opened it, the address and port
    /// that it did so from.
    pub address: String,
    /// `this` node or the `other`: who has opened it.
    pub opened_by: String,
    /// `up`, `connecting`, or `down` until there is something to send.
    pub state: String,
    /// How long there has been this link, in milliseconds.
    pub age_ms: u64,
    /// How long no message has passed it, in milliseconds.
    pub unused_ms: u64,
    /// Messages that have left by it.
    pub sent: u64,
    /// Bytes that have left by it.
    pub sent_bytes: u64,
    /// Messages that have come by it.
    pub received: u64,
    /// Bytes that have come by it.
    pub received_bytes: u64,
    /// Of the received messages, those that were refused.
    pub refused: u64,
    /// Messages that were to leave by it and have not.
    pub lost: u64,
    /// How often it was connected.
    pub connections: u64,
    /// What waits to leave by it.
    pub queue: super::MailboxInfo,
    /// Why its last connection ended, or could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

impl From<LinkStatus> for LinkInfo {
    fn from(status: LinkStatus) -> Self {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            address: status.address.to_string(),
            opened_by: if status.is_opened { "this" } else { "other" }.into(),
            state: status.state.name().into(),
            age_ms: ms(status.age),
            unused_ms: ms(status.unused),
            sent: status.sent,
            sent_bytes: status.sent_bytes,
            received: status.received,
            received_bytes: status.received_bytes,
            refused: status.refused,
            lost: status.lost,
            connections: status.connections,
            queue: super::MailboxInfo { messages: status.queued, bytes: status.queued_bytes },
            last_failure: status.last_failure,
        }
    }
}

pub(super) async fn list(State(node): State<Node>) -> Json<Vec<LinkInfo>> {
    Json(node.tcp().links().into_iter().map(LinkInfo::from).collect())
}
