//! What `#[skep::node]` makes of `main`.

use std::future::Future;

use crate::node::{Node, NodeError};

/// Run `main` on a runtime of its own, within a node that is stopped when it returns.
///
/// # Errors
/// What `main` returns, or that the runtime or the node does not start.
pub fn run_main<M, R, T, E>(main: M) -> Result<T, E>
where
    M: FnOnce(Node) -> R,
    R: Future<Output = Result<T, E>>,
    E: From<NodeError>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(NodeError::Threads)?.block_on(async {
        let node = Node::builder().start().await?;
        let result = main(node.clone()).await;
        node.stop().await;
        result
    })
}
