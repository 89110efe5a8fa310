//! `skep stop`: the node, or one of its workers.

use skep::control::{Client, Pages, WorkerInfo};

use crate::failure::Failure;
use crate::output;
use crate::task::Whom;
use crate::waiting::noting;

/// As many workers are named.
const NAMED: usize = 5;

pub(crate) async fn stop(client: &Client, whom: Whom) -> Result<(), Failure> {
    match whom {
        Whom::Worker(name) => {
            let stopping = client.stop_worker(&name);
            let ended = noting(stopping, tell_of_one(client, &name)).await?;
            let left = match ended.dead_letters {
                0 => String::new(),
                1 => "; 1 message became a dead letter".into(),
                many => format!("; {many} messages became dead letters"),
            };
            output::line(&format!("{} has stopped{left}", ended.stopped))
        }
        Whom::Node { now } => {
            let ended = noting(client.stop(now), tell_of_all(client)).await?;
            let node = format!("the node on {}", client.directory().display());
            match ended.unhandled {
                Some(0) => output::line(&format!("{node} has stopped")),
                Some(unhandled) => Err(Failure::unhandled(&node, unhandled)),
                None => Err(Failure::new(format!(
                    "{node} was cut short: nobody has counted what was not handled"
                ))),
            }
        }
    }
}

async fn tell_of_all(client: &Client) {
    let is_busy = |worker: &WorkerInfo| {
        matches!(worker.state.as_str(), "running" | "starting") || worker.mailbox.messages > 0
    };
    let (mut whom, mut more) = (Vec::new(), 0);
    let mut pages = Pages::new(client, false);
    // What keeps this from being told is told by the stop itself.
    while let Ok(Some(workers)) = pages.next().await {
        for busy in workers.iter().filter(|worker| is_busy(worker)) {
            if whom.len() < NAMED { whom.push(describe(busy)) } else { more += 1 }
        }
    }
    if more > 0 {
        whom.push(format!("{more} more"));
    }
    let whom = if whom.is_empty() { "its workers".into() } else { whom.join(", ") };
    output::note(&format!("waiting for {whom}; `skep stop --now` stops the node at once"));
}

async fn tell_of_one(client: &Client, name: &str) {
    let Ok(worker) = client.worker(name).await else { return };
    let worker = describe(&worker);
    output::note(&format!(
        "waiting for {worker}; it is ended when the node's `drain` time is over"
    ));
}

/// `echoer (running, 3 messages)`.
fn describe(worker: &WorkerInfo) -> String {
    let messages = worker.mailbox.messages;
    let noun = if messages == 1 { "message" } else { "messages" };
    format!("{} ({}, {messages} {noun})", worker.address, worker.state)
}
