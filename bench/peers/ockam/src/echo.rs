//! Echoes: one after the other, or so many under way at a time.

use std::sync::Arc;

use ockam::{Address, Context, Route};
use peers_shared::{Clock, Report, Result, Run, Settings};
use tokio::runtime::Runtime;

use crate::node::Node;
use crate::stream::{self, Gate};
use crate::workers::{ECHOER, Echoer, Hop};

/// Between a client and a worker of the same node, through hops if so wished.
pub async fn within_a_node(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let node = Node::start(runtime);
    node.start_worker(ECHOER, Echoer)?;
    let mut route = Vec::new();
    for number in 0..settings.hops {
        let hop = Address::from(format!("hop{number}"));
        node.start_worker(hop.clone(), Hop)?;
        route.push(hop);
    }
    route.push(ECHOER.into());
    measured(&node, node.client()?, &Route::create(route), settings).await
}

/// Echoes from `client` over `route`, after those that warm up.
pub async fn measured(
    node: &Context,
    mut client: Context,
    route: &Route,
    settings: &Settings,
) -> Result<Report> {
    let count = settings.count();
    echoes(node, &mut client, route, settings, count / 10).await?;
    echoes(node, &mut client, route, settings, count).await?.report()
}

async fn echoes(
    node: &Context,
    client: &mut Context,
    route: &Route,
    settings: &Settings,
    count: usize,
) -> Result<Run> {
    if settings.outstanding == 1 {
        return one_by_one(client, route, settings.size, count).await;
    }
    let size = settings.size_within(stream::LEAST_SIZE, usize::MAX)?;
    let gate = Gate::window(settings.outstanding);
    stream::stream(node, client, route, size, count, gate).await
}

async fn one_by_one(client: &mut Context, route: &Route, size: usize, count: usize) -> Result<Run> {
    let payload = vec![0; size];
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for _ in 0..count {
        let sent = clock.nanos();
        client.send(route.clone(), payload.clone()).await?;
        client.receive::<Vec<u8>>().await?;
        run.done(sent);
    }
    Ok(run)
}
