//! What a new generation costs whoever writes to the worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use skep::{App, Node, WorkerOptions};
use skep_tests::guests::guest;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// How long one asks around each reload.
const AROUND: Duration = Duration::from_millis(10);

/// The longest wait of one who asks without a pause, around each of so many reloads of a worker
/// with so much state.
pub(super) async fn reload(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    parts::start(&node, "k", "keeper").await?;
    let mut app = node.app();
    let state = "s".repeat(ask.size);
    app.send("k", format!("set {state}; reply").as_bytes()).await?;
    app.receive::<Vec<u8>>().await?;
    let (longest, all) = (Arc::<AtomicU64>::default(), Instant::now());
    let asks = tokio::spawn(asking(node.app(), longest.clone()));
    let mut times = Vec::with_capacity(ask.count);
    for turn in 0..ask.count {
        tokio::time::sleep(AROUND).await;
        longest.store(0, Ordering::Relaxed);
        swap(&node, turn).await?;
        tokio::time::sleep(AROUND).await;
        times.push(longest.load(Ordering::Relaxed));
    }
    asks.abort();
    node.stop_now().await;
    Ok(Figures::times(times, all.elapsed()))
}

async fn swap(node: &Node, turn: usize) -> Result<()> {
    let mut options = WorkerOptions::default();
    options.config.insert("turn".into(), turn.to_string());
    node.reload_component("k", guest("keeper"), options).await?;
    Ok(())
}

/// Ask without a pause, and keep the longest time.
async fn asking(mut app: App, longest: Arc<AtomicU64>) -> Result<()> {
    loop {
        let began = Instant::now();
        app.send("k", b"reply".as_slice()).await?;
        app.receive::<Vec<u8>>().await?;
        longest.fetch_max(parts::nanoseconds(began), Ordering::Relaxed);
    }
}
