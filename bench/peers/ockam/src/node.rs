//! An Ockam node in this process.

use std::ops::Deref;
use std::sync::Arc;

use ockam::access_control::AllowAll;
use ockam::{Address, Context, Executor, NodeBuilder, Result};
use tokio::runtime::Runtime;

/// Stands for its root context. The executor owns the router and is kept for that alone.
pub struct Node {
    context: Context,
    _executor: Executor,
}

impl Node {
    pub fn start(runtime: &Arc<Runtime>) -> Self {
        let builder = NodeBuilder::new().no_logging().no_exit_on_panic();
        let (context, executor) = builder.with_runtime(runtime.clone()).build();
        Self { context, _executor: executor }
    }

    /// A context that may send to every worker of the node and hear from every one.
    pub fn client(&self) -> Result<Context> {
        self.context.new_detached(Address::random_local(), AllowAll, AllowAll)
    }
}

impl Deref for Node {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}
