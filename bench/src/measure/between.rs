//! Two sandboxed workers: a ball that goes to and fro, and a flood.

use std::time::Instant;

use skep::{App, Route};

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

pub(super) async fn pair(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    parts::start(&node, "player", "traffic").await?;
    let mut app = node.app();
    play(&mut app, parts::warm_up(ask.count).max(1)).await?;
    let began = Instant::now();
    play(&mut app, ask.count).await?;
    let took = began.elapsed();
    node.stop_now().await;
    let each = took.as_secs_f64() * 1e6 / ask.count as f64;
    Ok(Figures { p50_us: Some(each), ..Figures::rate(ask.count, took) })
}

async fn play(app: &mut App, count: usize) -> Result<()> {
    app.send("player", order(b'p', count, "echoer")?.as_slice()).await?;
    done(app).await
}

pub(super) async fn one_way(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    parts::start(&node, "sink", "traffic").await?;
    // It waits where the sink's mailbox has no room, as whoever floods would.
    parts::start_with(&node, "source", "traffic", |options| options.wait = true).await?;
    let mut app = node.app();
    flood(&mut app, parts::warm_up(ask.count).max(1)).await?;
    let began = Instant::now();
    flood(&mut app, ask.count).await?;
    let figures = Figures::rate(ask.count, began.elapsed());
    node.stop_now().await;
    Ok(figures)
}

async fn flood(app: &mut App, count: usize) -> Result<()> {
    app.send("sink", order(b'c', count, "")?.as_slice()).await?;
    app.receive::<Vec<u8>>().await?;
    app.send("source", order(b'f', count, "sink")?.as_slice()).await?;
    done(app).await
}

async fn done(app: &mut App) -> Result<()> {
    let told = app.receive::<Vec<u8>>().await?;
    if told.body() == b"done" { Ok(()) } else { Err("another end than was asked for".into()) }
}

/// What the guest `traffic` takes: a letter, how many, and with whom.
fn order(letter: u8, count: usize, with: &str) -> Result<Vec<u8>> {
    let with: Option<Route> = if with.is_empty() { None } else { Some(with.parse()?) };
    let mut bytes = vec![letter];
    bytes.extend(u32::try_from(count)?.to_le_bytes());
    bytes.extend(with.map(|route| route.to_string()).unwrap_or_default().bytes());
    Ok(bytes)
}
