//! A route leads through a node in the middle as easily as through its hops:
//! `cargo run --example 07-hops`.

mod workers;

use skep::{Access, Network, Node, WorkerOptions, route};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn exposed() -> WorkerOptions {
    let mut options = WorkerOptions::default();
    options.access = Access::Peers;
    options
}

#[tokio::main]
async fn main() -> Result<()> {
    let end = Node::builder().start().await?;
    end.start_worker_with("echoer", workers::Echoer, exposed()).await?;
    let at_end = end.tcp().listen("127.0.0.1:0").await?;

    // What comes from one node goes on to another only where the one between allows it.
    let relay = Network::of([at_end.to_string()])?;
    let middle = Node::builder().relay(relay).start().await?;
    middle.start_worker_with("h2", workers::Hop, exposed()).await?;
    let at_middle = middle.tcp().listen("127.0.0.1:0").await?;

    let node = Node::builder().start().await?;
    node.start_worker("h1", workers::Hop).await?;
    let (first, second) = (format!("1#{at_middle}"), format!("1#{at_end}"));
    let route = route!["h1", first, "h2", second, "echoer"];
    let reply: String = node.app().send_and_receive(route, "Hello Skep!").await?;
    println!("app received {reply:?}");

    for node in [node, middle, end] {
        node.stop().await;
    }
    Ok(())
}
