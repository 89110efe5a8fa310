//! There and back, from the program to a worker: over hops, with payloads of any size, one
//! after the other, many at a time, or at a fixed rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use skep::{App, Node, Route, WorkerOptions};
use skep_tests::guests::guest;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// How long the last answers are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn echo(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let others = node.load_component("bare", guest("bare")).await?;
    for number in 0..ask.workers {
        node.start_loaded(&format!("idle-{number}"), &others, WorkerOptions::default()).await?;
    }
    let to = way(&node, ask.hops).await?;
    let mut app = node.app();
    let figures = there_and_back(&mut app, &to, ask).await?;
    node.stop_now().await;
    Ok(figures)
}

/// The hops' names, and then the echoer.
async fn way(node: &Node, hops: usize) -> Result<Route> {
    let mut stops = Vec::new();
    for number in 0..hops {
        let hop = format!("h{number}");
        parts::start(node, &hop, "bare-hop").await?;
        stops.push(hop);
    }
    stops.push("echoer".into());
    Ok(stops.join(",").parse()?)
}

/// As many as are asked for along a route, so many at a time.
pub(super) async fn there_and_back(app: &mut App, to: &Route, ask: &Ask) -> Result<Figures> {
    let Ask { count, size, outstanding, .. } = *ask;
    if outstanding > 1 {
        many(app, to, size, parts::warm_up(count), outstanding).await?;
        return many(app, to, size, count, outstanding).await;
    }
    singly(app, to, size, parts::warm_up(count)).await?;
    singly(app, to, size, count).await
}

async fn singly(app: &mut App, to: &Route, size: usize, count: usize) -> Result<Figures> {
    let (payload, all) = (vec![1_u8; size], Instant::now());
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        app.send(to, &payload).await?;
        let answer = app.receive::<Vec<u8>>().await?;
        times.push(parts::nanoseconds(began));
        is_whole(answer.body(), size)?;
    }
    Ok(Figures::times(times, all.elapsed()))
}

async fn many(
    app: &mut App,
    to: &Route,
    size: usize,
    count: usize,
    most: usize,
) -> Result<Figures> {
    let (payload, all) = (vec![1_u8; size], Instant::now());
    let (mut sent, mut received) = (0, 0);
    while received < count {
        while sent < count && sent - received < most {
            app.send(to, &payload).await?;
            sent += 1;
        }
        is_whole(app.receive::<Vec<u8>>().await?.body(), size)?;
        received += 1;
    }
    Ok(Figures::rate(count, all.elapsed()))
}

fn is_whole(answer: &[u8], size: usize) -> Result<()> {
    if answer.len() == size { Ok(()) } else { Err("an answer is not what was sent".into()) }
}

/// So many a second, whether answers come or not; a message's time counts from when it was to
/// be sent.
pub(super) async fn open(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let mut app = node.app();
    singly(&mut app, &"echoer".parse()?, 16, 10_000).await?;
    let count = usize::try_from(ask.rate * ask.seconds)?;
    let (sender, began) = (app, Instant::now());
    let lost = Arc::new(AtomicU64::new(0));
    let figures = paced(sender, ask.rate, count, began, &lost).await?;
    node.stop_now().await;
    Ok(Figures { lost: Some(lost.load(Ordering::Relaxed) as f64), ..figures })
}

async fn paced(
    mut app: App,
    rate: u64,
    count: usize,
    began: Instant,
    lost: &AtomicU64,
) -> Result<Figures> {
    let to: Route = "echoer".parse()?;
    let due = |index: usize| Duration::from_nanos(index as u64 * 1_000_000_000 / rate.max(1));
    let (mut sent, mut times) = (0, Vec::with_capacity(count));
    let end = due(count) + PATIENCE;
    while times.len() < count && began.elapsed() < end {
        while sent < count && due(sent) <= began.elapsed() {
            app.send(&to, (sent as u128).to_le_bytes().as_slice()).await?;
            sent += 1;
        }
        let left = due(sent.min(count)).saturating_sub(began.elapsed());
        tokio::select! {
            biased;
            answer = app.receive::<Vec<u8>>() => {
                let number: [u8; 16] = answer?.body().as_slice().try_into()?;
                let index = usize::try_from(u128::from_le_bytes(number))?;
                let took = began.elapsed().saturating_sub(due(index));
                times.push(u64::try_from(took.as_nanos())?);
            }
            () = until(left), if sent < count => {}
        }
    }
    lost.store((count - times.len()) as u64, Ordering::Relaxed);
    Ok(Figures::times(times, began.elapsed()))
}

/// Finer than a timer: yields until it is time.
async fn until(left: Duration) {
    let began = Instant::now();
    while began.elapsed() < left {
        tokio::task::yield_now().await;
    }
}
