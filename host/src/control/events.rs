//! `GET /events`: what happens, one JSON object a line, for as long as the client reads.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use skep_protocol::Address;

use crate::control::EventInfo;
use crate::control::flow;
use crate::control::guest::Guest;
use crate::control::places::Kind;
use crate::control::refusal::Refusal;
use crate::control::routes::{Shared, address};
use crate::events::{Event, What};

/// What a client wants to hear.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// How many of those that are over, if there are so many still.
    recent: usize,
    /// Of this worker alone.
    worker: Option<String>,
}

pub(super) async fn listen(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(wanted) = wanted.map_err(|why| Refusal::wrong(why.body_text()))?;
    let worker = wanted.worker.as_deref().map(address).transpose()?;
    let place = shared.places.listening.take(&guest).await.ok_or_else(full)?;
    let mut events = shared.node.events_so_far();
    events.keep_last(wanted.recent, |event| concerns(event, worker.as_ref()));
    Ok(flow::answer("application/x-ndjson", async move |flow| {
        let _place = place;
        while let Some(event) = events.next().await {
            if concerns(&event, worker.as_ref())
                && let Ok(mut line) = serde_json::to_vec(&EventInfo::from(&event))
            {
                line.push(b'\n');
                flow.send(line).await?;
            }
        }
        Ok(())
    }))
}

/// That something was lost concerns everyone.
fn concerns(event: &Event, worker: Option<&Address>) -> bool {
    let is_lost = matches!(event.what, What::Lost { .. });
    is_lost || worker.is_none_or(|worker| event.worker.as_ref() == Some(worker))
}

fn full() -> Refusal {
    let error = Kind::full("events");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error)
        .hint("end one of them; `skep logs` shows what has happened, too")
}
