//! A message takes one hop, and its answer the same way back:
//! `cargo run --example 03-routing`.

mod workers;

use skep::{Node, route};

#[skep::node]
async fn main(node: Node) -> Result<(), Box<dyn std::error::Error>> {
    node.start_worker("echoer", workers::Echoer).await?;
    node.start_worker("h1", workers::Hop).await?;
    let mut app = node.app();
    app.send(route!["h1", "echoer"], "Hello Skep!").await?;
    let reply = app.receive::<String>().await?;
    println!("{} received {:?}", app.address(), reply.body());
    Ok(())
}
