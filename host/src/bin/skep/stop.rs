//! `skep stop`: the node, or one of its workers.

use skep::control::Client;

use crate::failure::Failure;
use crate::output;

pub(crate) async fn stop(client: &Client, worker: Option<String>) -> Result<(), Failure> {
    let Some(worker) = worker else {
        client.stop().await?;
        return output::line(&format!("the node on {} has stopped", client.directory().display()));
    };
    let stopped = client.stop_worker(&worker).await?.stopped;
    output::line(&format!("{stopped} has stopped"))
}
