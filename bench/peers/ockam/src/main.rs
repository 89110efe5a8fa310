//! Measures the published ockam crate: `peer-ockam MEASUREMENT` prints one line of JSON.

mod channel;
mod echo;
mod idle;
mod lifecycle;
mod link;
mod node;
mod open;
mod stream;
mod workers;

use std::process::ExitCode;
use std::sync::Arc;

use peers_shared::{Failure, Report, Result, Settings};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    peers_shared::run("peer-ockam", measure)
}

async fn measure(settings: Settings, runtime: Arc<Runtime>) -> Result<Report> {
    match settings.measurement.as_str() {
        "echo" => echo::within_a_node(&settings, &runtime).await,
        "start" => lifecycle::start(&settings, &runtime).await,
        "idle" => idle::idle(&settings, &runtime).await,
        "open" => open::open(&settings, &runtime).await,
        "tcp" => link::tcp(&settings, &runtime).await,
        "secure" => channel::secure(&settings, &runtime).await,
        "handshake" => channel::handshake(&settings, &runtime).await,
        unknown => Err(Failure::unknown_measurement(unknown)),
    }
}
