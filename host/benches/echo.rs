//! How fast an echo is through the embedding interface, beside tokio's own
//! channels in the same run, and what a worker costs in memory.
//!
//! `cargo bench -p skep --bench echo [-- FILTER]`, after `make guests`.

use std::time::Instant;

use skep::{Node, Route, WorkerOptions, route};

/// Messages of one measurement, after a tenth as many that are not counted.
const COUNT: usize = 200_000;
/// Idle workers whose memory is measured.
const IDLE: usize = 2_000;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async { tokio::spawn(measure()).await })??;
    Ok(())
}

async fn measure() -> Result<()> {
    let filter =
        std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let wanted = |name: &str| name.contains(&filter);
    let node = Node::builder().start().await?;
    node.start_component("echoer", guest("bare")?, WorkerOptions::default()).await?;
    for hop in ["h1", "h2", "h3"] {
        node.start_component(hop, guest("bare-hop")?, WorkerOptions::default()).await?;
    }
    for (name, to, size) in [
        ("echo_16", route!["echoer"], 16),
        ("echo_1k", route!["echoer"], 1_024),
        ("hop1_16", route!["h1", "echoer"], 16),
        ("hop3_16", route!["h1", "h2", "h3", "echoer"], 16),
    ] {
        if wanted(name) {
            report(name, echo(&node, &to, size).await?);
        }
    }
    if wanted("request_16") {
        report("request_16", request(&node, &route!["echoer"], 16).await?);
    }
    if wanted("out64_16") {
        let per_second = outstanding(&node, &route!["echoer"], 16, 64).await?;
        println!("{:16} {per_second:9.0} per second", "out64_16");
    }
    if wanted("mpsc") {
        report("mpsc", mpsc().await?);
    }
    if wanted("memory") {
        memory(&node).await?;
    }
    node.stop().await;
    Ok(())
}

fn guest(name: &str) -> Result<Vec<u8>> {
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests/wasm32-unknown-unknown/release");
    std::fs::read(format!("{file}/{}.wasm", name.replace('-', "_")))
        .map_err(|why| format!("the guest `{name}` is not built ({why}): run `make guests`").into())
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn report(name: &str, mut nanoseconds: Vec<u64>) {
    let total: u64 = nanoseconds.iter().sum();
    nanoseconds.sort_unstable();
    let at = |percent: usize| {
        let index = nanoseconds.len() * percent / 100;
        nanoseconds.get(index).copied().unwrap_or_default() as f64 / 1e3
    };
    let per_second = nanoseconds.len() as f64 / (total as f64 / 1e9);
    println!("{name:16} p50 {:6.2} us  p99 {:6.2} us  {per_second:9.0} per second", at(50), at(99));
}

async fn echo(node: &Node, to: &Route, size: usize) -> Result<Vec<u64>> {
    let (mut app, payload) = (node.app(), vec![1; size]);
    let mut times = Vec::with_capacity(COUNT);
    for turn in 0..COUNT + COUNT / 10 {
        let began = Instant::now();
        app.send(to, &payload).await?;
        let answer = app.receive::<Vec<u8>>().await?;
        if turn >= COUNT / 10 {
            times.push(nanoseconds(began));
        }
        assert_eq!(answer.body().len(), size);
    }
    Ok(times)
}

async fn request(node: &Node, to: &Route, size: usize) -> Result<Vec<u64>> {
    let (app, payload) = (node.app(), vec![1; size]);
    let mut times = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let began = Instant::now();
        let answer: Vec<u8> = app.send_and_receive(to, &payload).await?;
        times.push(nanoseconds(began));
        assert_eq!(answer.len(), size);
    }
    Ok(times)
}

async fn outstanding(node: &Node, to: &Route, size: usize, most: usize) -> Result<f64> {
    let (mut app, payload) = (node.app(), vec![1; size]);
    let (mut sent, mut received, began) = (0, 0, Instant::now());
    while received < 4 * COUNT {
        while sent < 4 * COUNT && sent - received < most {
            app.send(to, &payload).await?;
            sent += 1;
        }
        app.receive::<Vec<u8>>().await?;
        received += 1;
    }
    Ok(received as f64 / began.elapsed().as_secs_f64())
}

/// The floor: a bounded channel each way between two tasks.
async fn mpsc() -> Result<Vec<u64>> {
    let (there, mut arrived) = tokio::sync::mpsc::channel::<Vec<u8>>(16);
    let (back, mut answers) = tokio::sync::mpsc::channel(16);
    tokio::spawn(async move {
        while let Some(message) = arrived.recv().await {
            if back.send(message).await.is_err() {
                break;
            }
        }
    });
    let mut times = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let began = Instant::now();
        there.send(vec![1; 16]).await?;
        answers.recv().await.ok_or("the echo task is gone")?;
        times.push(nanoseconds(began));
    }
    Ok(times)
}

/// What workers take that have no instance, and then what each instance adds.
async fn memory(node: &Node) -> Result<()> {
    let (app, before) = (node.app(), resident()?);
    for number in 0..IDLE {
        node.start_component(&format!("idle-{number}"), guest("bare")?, WorkerOptions::default())
            .await?;
    }
    let asleep = resident()?;
    for number in 0..IDLE {
        let to = format!("idle-{number}");
        app.send_and_receive::<Vec<u8>>(to.as_str(), [1; 16]).await?;
    }
    let live = resident()?;
    let each = |from: u64, to: u64| to.saturating_sub(from) as f64 / IDLE as f64 / 1_024.0;
    println!("{:16} {:6.2} KiB resident each, of {IDLE}", "asleep", each(before, asleep));
    println!("{:16} {:6.2} KiB resident each more", "live", each(asleep, live));
    Ok(())
}

/// This process's resident memory in bytes, as Linux tells it.
fn resident() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1_024)
}
