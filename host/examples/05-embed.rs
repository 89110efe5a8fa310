//! A service that keeps its own runtime, and runs a stranger's code within bounds:
//! `cargo run --example 05-embed [COMPONENT.wasm]` (`make guests` builds one).

use std::time::Duration;

use skep::error::RequestError;
use skep::{Node, WorkerOptions, route};

const COMPONENT: &str = "target/guests/wasm32-unknown-unknown/release/echoer.wasm";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| COMPONENT.into());
    let component =
        std::fs::read(&file).map_err(|why| format!("{file}: {why}; `make guests` builds it"))?;

    let node = Node::builder().memory(256 << 20).drain(Duration::from_secs(1)).start().await?;
    let mut options = WorkerOptions::default();
    options.limits.fuel = 1_000_000;
    options.limits.memory = 4 << 20;
    node.start_component("plugin", component, options).await?;

    // What a request of the service would do: ask the plugin, for a bounded time.
    let (app, within) = (node.app(), Duration::from_millis(100));
    match app.send_and_receive_within::<String>(route!["plugin"], "Hello Skep!", within).await {
        Ok(answer) => println!("the plugin answers {answer:?}"),
        Err(RequestError::Timeout) => println!("the plugin takes too long"),
        Err(why) => println!("the plugin does not answer: {why}"),
    }
    for worker in node.workers() {
        println!(
            "{} handled {}, with {} fuel and {} bytes",
            worker.address, worker.handled, worker.fuel, worker.memory_bytes
        );
    }
    node.stop().await;
    Ok(())
}
