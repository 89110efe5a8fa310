//! Two nodes, and a worker that is reached from the other one:
//! `cargo run --example 06-remote`.

mod workers;

use skep::{Access, Node, WorkerOptions, route};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    // One node listens, and exposes its echoer to others: without that it is its own alone.
    let host = Node::builder().start().await?;
    let mut exposed = WorkerOptions::default();
    exposed.access = Access::Peers;
    host.start_worker_with("echoer", workers::Echoer, exposed).await?;
    let address = host.tcp().listen("127.0.0.1:0").await?;

    // The other one reaches it along a route that begins with the link.
    let node = Node::builder().start().await?;
    let link = node.tcp().connect(&address.to_string()).await?;
    let mut app = node.app();
    app.send(route![link, "echoer"], "Hello Skep!").await?;
    let reply = app.receive::<String>().await?;
    println!("{} received {:?} from {}", app.address(), reply.body(), reply.sender());

    node.stop().await;
    host.stop().await;
    Ok(())
}
