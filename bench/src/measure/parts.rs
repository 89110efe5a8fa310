//! What several measurements need: nodes, guests, clocks.

use std::time::Instant;

use skep::{Node, WorkerOptions};
use skep_tests::guests::guest;

use crate::Result;
use crate::ask::Ask;

/// A node as it is by default, with an echoer.
pub(super) async fn node(ask: &Ask) -> Result<Node> {
    let node = Node::builder().threads(ask.threads.max(1)).start().await?;
    start(&node, "echoer", "bare").await?;
    Ok(node)
}

/// A worker with default options.
pub(super) async fn start(node: &Node, name: &str, component: &str) -> Result<()> {
    start_with(node, name, component, |_| {}).await
}

/// A worker with further options.
pub(super) async fn start_with(
    node: &Node,
    name: &str,
    component: &str,
    set: impl FnOnce(&mut WorkerOptions),
) -> Result<()> {
    let mut options = WorkerOptions::default();
    set(&mut options);
    node.start_component(name, guest(component), options).await?;
    Ok(())
}

pub(super) fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// How many are measured that do not count.
pub(super) fn warm_up(count: usize) -> usize {
    count / 10
}

/// This process's resident memory in KiB, as Linux tells it.
pub(super) fn resident() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
