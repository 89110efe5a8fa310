//! `skep events`: what happens to a node and its workers, as it happens.

use std::ops::ControlFlow;

use skep::control::{Client, ClientError, EventInfo, printable_json};

use crate::failure::Failure;
use crate::output;
use crate::task::Listening;

pub(crate) async fn events(client: &Client, listening: &Listening) -> Result<(), Failure> {
    let mut feed = client.events(listening.recent, listening.name.as_deref()).await?;
    if let Some(name) = &listening.name
        && let Err(why @ ClientError::Refused { .. }) = client.worker(name).await
    {
        output::note(&format!("{why}; this goes on, should one come"));
    }
    while let Some(event) = feed.next().await? {
        let line = if listening.json { json(&event)? } else { sentence(&event) };
        if output::each(&line)? == ControlFlow::Break(()) {
            break;
        }
    }
    Ok(())
}

fn json(event: &EventInfo) -> Result<String, Failure> {
    let text = serde_json::to_string(event);
    let text = text.map_err(|why| Failure::new(format!("no JSON can be made of it: {why}")))?;
    Ok(printable_json(&text))
}

/// `2026-11-22T18:33:20.123Z worker.reloaded    echoer: generation 2, before it 1`.
fn sentence(event: &EventInfo) -> String {
    let mut said = Vec::new();
    said.extend(event.generation.map(|number| format!("generation {number}")));
    said.extend(event.previous.map(|number| format!("before it {number}")));
    said.extend(event.limit.as_ref().map(|limit| format!("limit {limit}")));
    said.extend(event.count.map(|count| format!("{count} events: they came too fast")));
    said.extend(event.reason.as_ref().map(|why| why.replace('\n', "\n    ")));
    let worker = event.worker.as_deref().unwrap_or("node");
    let line = format!("{} {:<18} {worker}: {}", event.time, event.event, said.join(", "));
    line.trim_end_matches(": ").into()
}
