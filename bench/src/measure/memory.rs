//! What workers take: asleep, live, and a million of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use skep::{Node, WorkerOptions};
use skep_tests::guests::guest;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// The share of a million that is written to.
const WOKEN: usize = 10;
/// After so long a worker with nothing to do has given back what it does not need.
const RESTING: Duration = Duration::from_secs(2);

/// Workers without an instance.
pub(super) async fn asleep(ask: &Ask) -> Result<Figures> {
    idle(ask, false).await
}

/// Those that have an instance, and have answered once, some time ago.
pub(super) async fn live(ask: &Ask) -> Result<Figures> {
    idle(ask, true).await
}

async fn idle(ask: &Ask, asks: bool) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let before = parts::resident()?;
    start(&node, ask.workers, &["bare"]).await?;
    let mut app = node.app();
    for number in (0..ask.workers).filter(|_| asks) {
        app.send(format!("w{number}").as_str(), [1_u8; 16]).await?;
        app.receive::<Vec<u8>>().await?;
    }
    if asks {
        tokio::time::sleep(RESTING).await;
    }
    let figures = each(before, ask.workers)?;
    node.stop_now().await;
    Ok(figures)
}

/// As many as are asked for, of three components; a random tenth gets a message, and nobody
/// stays awake for longer than others need the place. The times are from a message to its answer.
pub(super) async fn million(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let before = parts::resident()?;
    start(&node, ask.workers, &["bare", "keeper", "bare-hop"]).await?;
    let figures = each(before, ask.workers)?;
    let (mut app, all) = (node.app(), Instant::now());
    let mut times = Vec::with_capacity(ask.workers / WOKEN);
    for _ in 0..ask.workers / WOKEN {
        // One that is made from the first component: of a hop there is nothing to hear.
        let number = random(ask.workers)? / 3 * 3;
        let began = Instant::now();
        app.send(format!("w{number}").as_str(), b"reply".as_slice()).await?;
        app.receive::<Vec<u8>>().await?;
        times.push(parts::nanoseconds(began));
    }
    let times = Figures::times(times, all.elapsed());
    let dead = node.dead_letter_count() as f64;
    node.stop_now().await;
    Ok(Figures { lost: Some(dead), ..figures }.with(times))
}

impl Figures {
    /// These, and the times of the others.
    fn with(self, times: Self) -> Self {
        Self { kib_each: self.kib_each, workers: self.workers, lost: self.lost, ..times }
    }
}

async fn start(node: &Node, workers: usize, components: &[&str]) -> Result<()> {
    let mut loaded = Vec::new();
    for name in components {
        loaded.push(node.load_component(name, guest(name)).await?);
    }
    let mut options = WorkerOptions::default();
    options.stateless = true;
    let options = Arc::new(options);
    for (number, component) in (0..workers).zip(loaded.iter().cycle()) {
        node.start_loaded(&format!("w{number}"), component, options.clone()).await?;
    }
    Ok(())
}

fn each(before: f64, workers: usize) -> Result<Figures> {
    let more = parts::resident()? - before;
    let (kib_each, workers) = (Some(more / workers.max(1) as f64), Some(workers as f64));
    Ok(Figures { kib_each, workers, ..Figures::default() })
}

fn random(below: usize) -> Result<usize> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|why| why.to_string())?;
    Ok(usize::try_from(u32::from_le_bytes(bytes))? % below.max(1))
}
