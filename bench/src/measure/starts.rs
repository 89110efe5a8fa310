//! Workers that begin and end, and those that sleep and wake.

use std::time::{Duration, Instant};

use skep::{Sleep, State, WorkerOptions};
use skep_tests::guests::guest;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// A worker that exports no `lifecycle` starts and stops without an instance.
pub(super) async fn start(ask: &Ask) -> Result<Figures> {
    lives(ask, false).await
}

/// The same with a message and its answer between.
pub(super) async fn first(ask: &Ask) -> Result<Figures> {
    lives(ask, true).await
}

async fn lives(ask: &Ask, asks: bool) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let component = node.load_component("bare", guest("bare")).await?;
    let (mut times, mut all, mut app) = (Vec::with_capacity(ask.count), Instant::now(), node.app());
    for number in 0..ask.count + parts::warm_up(ask.count) {
        if number == parts::warm_up(ask.count) {
            times.clear();
            all = Instant::now();
        }
        let name = format!("probe{number}");
        let began = Instant::now();
        node.start_loaded(&name, &component, WorkerOptions::default()).await?;
        if asks {
            app.send(name.as_str(), [1_u8; 16]).await?;
            app.receive::<Vec<u8>>().await?;
        }
        node.stop_worker(name.as_str()).await?;
        times.push(parts::nanoseconds(began));
    }
    let took = all.elapsed();
    node.stop_now().await;
    Ok(Figures::times(times, took))
}

/// From a message to a worker that sleeps, with 1 KiB of state, to its answer.
pub(super) async fn wake(ask: &Ask) -> Result<Figures> {
    /// Workers that are woken in turn, so that all are long asleep again.
    const WORKERS: usize = 500;
    let node = parts::node(ask).await?;
    let state = "s".repeat(1_024);
    let mut app = node.app();
    for number in 0..WORKERS {
        let name = format!("k{number}");
        parts::start_with(&node, &name, "keeper", |options| {
            options.sleep = Sleep::After(Duration::from_millis(1));
        })
        .await?;
        app.send(name.as_str(), format!("set {state}; reply").as_bytes()).await?;
        app.receive::<Vec<u8>>().await?;
    }
    let (mut times, all) = (Vec::with_capacity(ask.count), Instant::now());
    while times.len() < ask.count {
        asleep(&node, WORKERS).await;
        for number in 0..WORKERS {
            let began = Instant::now();
            app.send(format!("k{number}").as_str(), b"reply".as_slice()).await?;
            app.receive::<Vec<u8>>().await?;
            times.push(parts::nanoseconds(began));
        }
    }
    node.stop_now().await;
    Ok(Figures::times(times, all.elapsed()))
}

/// Wait until so many sleep.
async fn asleep(node: &skep::Node, workers: usize) {
    let sleeping = || node.workers().iter().filter(|worker| worker.state == State::Asleep).count();
    while sleeping() < workers {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
