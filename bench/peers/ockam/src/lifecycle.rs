//! Starting a worker and stopping it again.

use std::sync::Arc;

use ockam::Address;
use peers_shared::{Clock, Report, Result, Run, Settings};
use tokio::runtime::Runtime;

use crate::node::Node;
use crate::workers::Mayfly;

/// From the start until `initialize` has run, and from the stop until `shutdown` has: both together.
pub async fn start(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let node = Node::start(runtime);
    let count = settings.count();
    lives(&node, count / 10).await?;
    lives(&node, count).await?.report()
}

async fn lives(node: &Node, count: usize) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for number in 0..count {
        let address = Address::from(format!("mayfly{number}"));
        let (mayfly, is_born, has_died) = Mayfly::new();
        let begun = clock.nanos();
        node.start_worker(address.clone(), mayfly)?;
        is_born.await?;
        node.stop_address(&address)?;
        has_died.await?;
        run.done(begun);
    }
    Ok(run)
}
