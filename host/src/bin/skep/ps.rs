//! `skep ps`: the workers of a node, or one of them in full.

use skep::control::{Client, WorkerInfo};

use crate::failure::Failure;
use crate::output::{self, bytes};
use crate::task::Query;

pub(crate) async fn ps(client: &Client, query: Query) -> Result<(), Failure> {
    let Some(name) = query.name else {
        let workers = client.workers().await?;
        return if query.json { output::json(&workers) } else { list(workers) };
    };
    let worker = client.worker(&name).await?;
    if query.json { output::json(&worker) } else { show(worker) }
}

fn list(workers: Vec<WorkerInfo>) -> Result<(), Failure> {
    if workers.is_empty() {
        return output::line("no workers");
    }
    let head = [
        "ADDRESS",
        "COMPONENT",
        "GEN",
        "STATE",
        "HANDLED",
        "FAILED",
        "RESTARTS",
        "MAILBOX",
        "MEMORY",
    ];
    let row = |worker: WorkerInfo| {
        [
            worker.address,
            worker.component.unwrap_or_else(|| "(native)".into()),
            worker.generation.to_string(),
            worker.state,
            worker.handled.to_string(),
            worker.failed.to_string(),
            worker.restarts.to_string(),
            worker.mailbox.messages.to_string(),
            bytes(worker.memory_bytes),
        ]
    };
    output::table(head, workers.into_iter().map(row))
}

fn show(worker: WorkerInfo) -> Result<(), Failure> {
    let mailbox = format!("{} messages, {}", worker.mailbox.messages, bytes(worker.mailbox.bytes));
    let mut rows = vec![
        ("address", worker.address),
        ("component", worker.component.unwrap_or_else(|| "none: a native worker".into())),
        ("generation", worker.generation.to_string()),
        ("state", worker.state),
        ("handled", worker.handled.to_string()),
        ("failed", worker.failed.to_string()),
        ("restarts", worker.restarts.to_string()),
        ("mailbox", mailbox),
        ("fuel used", worker.fuel.to_string()),
        ("memory", bytes(worker.memory_bytes)),
    ];
    rows.extend(worker.language.map(|language| ("language", language)));
    rows.extend(worker.digest.map(|digest| ("digest", digest)));
    rows.push(("last failure", worker.last_failure.unwrap_or_else(|| "none".into())));
    for (name, value) in rows {
        // Further lines of a stranger's text are indented, so that none looks like a row.
        let value = value.replace('\n', "\n              ");
        output::line(&format!("{name:<12}  {value}"))?;
    }
    Ok(())
}
