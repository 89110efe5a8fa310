//! Two nodes of one process: over loopback TCP, and through a secure channel over it.

use std::time::Instant;

use skep::{Access, Identity, Node, Route, Seed, Trust, route};
use tokio::time::sleep;

use super::echo::there_and_back;
use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

pub(super) async fn tcp(ask: &Ask) -> Result<Figures> {
    let far = Node::builder().threads(ask.threads.max(1)).start().await?;
    parts::start_with(&far, "echoer", "bare", |options| options.access = Access::Peers).await?;
    let at = far.tcp().listen("127.0.0.1:0").await?;
    let near = Node::builder().threads(ask.threads.max(1)).start().await?;
    let figures = measured(&near, &route![format!("1#{at}"), "echoer"], ask).await?;
    near.stop_now().await;
    far.stop_now().await;
    Ok(figures)
}

pub(super) async fn secure(ask: &Ask) -> Result<Figures> {
    let ends = Ends::start(ask).await?;
    let channel = ends.near.secure_channel(ends.way.clone(), Trust::only([ends.they])).await?;
    let figures = measured(&ends.near, &route![channel.address(), "echoer"], ask).await?;
    ends.stop().await;
    Ok(figures)
}

/// Making a channel over a link that is open already.
pub(super) async fn handshake(ask: &Ask) -> Result<Figures> {
    let ends = Ends::start(ask).await?;
    let (mut times, all) = (Vec::with_capacity(ask.count), Instant::now());
    for turn in 0..ask.count + parts::warm_up(ask.count) {
        let began = Instant::now();
        let channel = ends.near.secure_channel(ends.way.clone(), Trust::only([ends.they])).await?;
        if turn >= parts::warm_up(ask.count) {
            times.push(parts::nanoseconds(began));
        }
        channel.close();
        // One identity may have 64 open: the other end is given time to see that it is closed.
        sleep(std::time::Duration::from_millis(3)).await;
    }
    let figures = Figures::times(times, all.elapsed());
    ends.stop().await;
    Ok(figures)
}

async fn measured(near: &Node, to: &Route, ask: &Ask) -> Result<Figures> {
    let mut app = near.app();
    there_and_back(&mut app, to, ask).await
}

/// Two nodes with identities, of which the one trusts the other.
struct Ends {
    near: Node,
    far: Node,
    they: skep::Identifier,
    way: Route,
}

impl Ends {
    async fn start(ask: &Ask) -> Result<Self> {
        let (mine, theirs) = (identity()?, identity()?);
        let (me, they) = (mine.identifier(), theirs.identifier());
        let threads = ask.threads.max(1);
        let far = Node::builder().threads(threads).identity(theirs).start().await?;
        let access = [me].into_iter().collect();
        parts::start_with(&far, "echoer", "bare", |options| options.access = access).await?;
        far.secure_channel_listener("secure", Trust::only([me])).await?;
        let at = far.tcp().listen("127.0.0.1:0").await?;
        let near = Node::builder().threads(threads).identity(mine).start().await?;
        Ok(Self { near, far, they, way: route![format!("1#{at}"), "secure"] })
    }

    async fn stop(self) {
        self.near.stop_now().await;
        self.far.stop_now().await;
    }
}

fn identity() -> Result<Identity> {
    let seed = || {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map(|()| Seed::new(bytes)).map_err(|why| why.to_string())
    };
    let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
    Ok(Identity::create(seed()?, seed()?, now)?)
}
