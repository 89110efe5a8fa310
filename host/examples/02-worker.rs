//! A worker of this program, and a message there and back:
//! `cargo run --example 02-worker`.

mod workers;

use skep::{Node, route};

#[skep::node]
async fn main(node: Node) -> Result<(), Box<dyn std::error::Error>> {
    node.start_worker("echoer", workers::Echoer).await?;
    let mut app = node.app();
    app.send(route!["echoer"], "Hello Skep!").await?;
    let reply = app.receive::<String>().await?;
    println!("{} received {:?}", app.address(), reply.body());
    Ok(())
}
