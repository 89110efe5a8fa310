//! The memory that idle workers take.

use std::sync::Arc;

use ockam::Context;
use peers_shared::{Report, Result, Settings, settled_kib};
use tokio::runtime::Runtime;

use crate::node::Node;
use crate::workers::Echoer;

pub async fn idle(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let node = Node::start(runtime);
    let mut client = node.client()?;
    // What the first worker and the first message alone allocate is no worker's memory.
    node.start_worker("first", Echoer)?;
    answers(&mut client, "first").await?;
    let before = settled_kib().await?;
    for number in 0..settings.workers {
        node.start_worker(format!("worker{number}"), Echoer)?;
    }
    let after = settled_kib().await?;
    for number in 0..settings.workers {
        answers(&mut client, &format!("worker{number}")).await?;
    }
    let workers = settings.workers as f64;
    Ok(Report::default().with("kib_each", (after - before) / workers).with("workers", workers))
}

async fn answers(client: &mut Context, worker: &str) -> Result<()> {
    client.send(worker, Vec::from(*b"are you there?")).await?;
    client.receive::<Vec<u8>>().await?;
    Ok(())
}
