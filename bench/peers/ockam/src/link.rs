//! Two nodes in this process with a TCP connection between them.

use std::sync::Arc;

use ockam::flow_control::FlowControlId;
use ockam::tcp::{TcpConnection, TcpConnectionOptions, TcpListenerOptions, TcpTransport};
use ockam::{Context, Route};
use peers_shared::{Report, Result, Settings};
use tokio::runtime::Runtime;

use crate::echo;
use crate::node::Node;
use crate::workers::{ECHOER, Echoer};

/// The near node has connected to the far one.
pub struct Link {
    pub near: Node,
    pub far: Node,
    pub connection: TcpConnection,
    /// What consumes from it may be reached over the connection.
    pub far_flow: FlowControlId,
}

impl Link {
    pub async fn new(runtime: &Arc<Runtime>) -> Result<Self> {
        let (near, far) = (Node::start(runtime), Node::start(runtime));
        let options = TcpListenerOptions::new();
        let far_flow = options.spawner_flow_control_id();
        let listener = TcpTransport::get_or_create(&far)?.listen("127.0.0.1:0", options).await?;
        let connection = TcpTransport::get_or_create(&near)?
            .connect(listener.socket_string(), TcpConnectionOptions::new())
            .await?;
        Ok(Self { near, far, connection, far_flow })
    }

    /// The route to a worker of the far node.
    pub fn route_to(&self, worker: &str) -> Route {
        Route::new().append(self.connection.sender_address().clone()).append(worker).build()
    }

    /// Starts the far node's echoer, which what comes in over `flow` may reach.
    pub fn start_echoer(&self, flow: &FlowControlId) -> Result<()> {
        self.far.start_worker(ECHOER, Echoer)?;
        self.far.flow_controls().add_consumer(&ECHOER.into(), flow);
        Ok(())
    }

    /// A client in the near node, which what comes back over `flow` may reach.
    pub fn client(&self, flow: &FlowControlId) -> Result<Context> {
        let client = self.near.client()?;
        self.near.flow_controls().add_consumer(client.primary_address(), flow);
        Ok(client)
    }
}

/// Echoes from node to node.
pub async fn tcp(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let link = Link::new(runtime).await?;
    link.start_echoer(&link.far_flow)?;
    let client = link.client(link.connection.flow_control_id())?;
    echo::measured(&link.near, client, &link.route_to(ECHOER), settings).await
}
