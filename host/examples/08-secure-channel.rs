//! Two nodes that trust each other, and nothing between them:
//! `cargo run --example 08-secure-channel`.

mod workers;

use skep::{Access, Identity, Network, Node, Seed, Trust, WorkerOptions, route};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An identity for this run. A node with a directory keeps one in there.
fn identity() -> Result<Identity> {
    let seed = || {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|why| why.to_string()).map(|()| Seed::new(bytes))
    };
    let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
    Ok(Identity::create(seed()?, seed()?, now)?)
}

fn options(access: Access) -> WorkerOptions {
    let mut options = WorkerOptions::default();
    options.access = access;
    options
}

#[tokio::main]
async fn main() -> Result<()> {
    let (mine, theirs) = (identity()?, identity()?);
    let (me, they) = (mine.identifier(), theirs.identifier());

    // The other end lets this node open channels, and its echoer answers nobody else.
    let end = Node::builder().identity(theirs).start().await?;
    end.start_worker_with("echoer", workers::Echoer, options([me].into_iter().collect())).await?;
    end.secure_channel_listener("secure", Trust::only([me])).await?;
    let at_end = end.tcp().listen("127.0.0.1:0").await?;

    // A node between carries what it can neither read nor change.
    let relay = Network::of([at_end.to_string()])?;
    let middle = Node::builder().relay(relay).start().await?;
    middle.start_worker_with("hop", workers::Hop, options(Access::Peers)).await?;
    let at_middle = middle.tcp().listen("127.0.0.1:0").await?;

    let node = Node::builder().identity(mine).start().await?;
    let way = route![format!("1#{at_middle}"), "hop", format!("1#{at_end}"), "secure"];
    let channel = node.secure_channel(way, Trust::only([they])).await?;
    let to = route![channel.address(), "echoer"];
    let reply: String = node.app().send_and_receive(to, "Hello Skep!").await?;
    println!("app received {reply:?} from {}", channel.peer());

    for node in [node, middle, end] {
        node.stop().await;
    }
    Ok(())
}
