//! An open loop: messages at a steady rate to an echoer, whatever its answers do.

use std::sync::Arc;

use ockam::{Context, Route};
use peers_shared::{Pace, Report, Result, Run, Settings, Wait};
use tokio::runtime::Runtime;

use crate::node::Node;
use crate::stream::{self, Gate};
use crate::workers::{ECHOER, Echoer};

pub async fn open(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let size = settings.size_within(stream::LEAST_SIZE, usize::MAX)?;
    let count = (settings.rate * settings.seconds) as usize;
    let node = Node::start(runtime);
    node.start_worker(ECHOER, Echoer)?;
    let mut client = node.client()?;
    let route = Route::create(vec![ECHOER]);
    paced(&node, &mut client, &route, size, count / 10, settings.rate).await?;
    paced(&node, &mut client, &route, size, count, settings.rate).await?.report()
}

async fn paced(
    node: &Node,
    client: &mut Context,
    route: &Route,
    size: usize,
    count: usize,
    rate: f64,
) -> Result<Run> {
    let gate = Gate::Paced(Pace::start(rate, Wait::Idle));
    stream::stream(node, client, route, size, count, gate).await
}
