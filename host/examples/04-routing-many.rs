//! A message takes three hops, through a sandboxed worker too if its component is
//! given: `cargo run --example 04-routing-many [hive/workers/hop.wasm]`.

mod workers;

use skep::{Node, WorkerOptions, route};

#[skep::node]
async fn main(node: Node) -> Result<(), Box<dyn std::error::Error>> {
    node.start_worker("echoer", workers::Echoer).await?;
    node.start_worker("h1", workers::Hop).await?;
    node.start_worker("h3", workers::Hop).await?;
    // Who sends to `h2` cannot tell which of the two it is.
    match std::env::args().nth(1) {
        Some(file) => {
            node.start_component("h2", std::fs::read(file)?, WorkerOptions::default()).await?
        }
        None => node.start_worker("h2", workers::Hop).await?,
    };
    let mut app = node.app();
    app.send(route!["h1", "h2", "h3", "echoer"], "Hello Skep!").await?;
    let reply = app.receive::<String>().await?;
    println!("{} received {:?} along {:?}", app.address(), reply.body(), reply.return_route());
    Ok(())
}
