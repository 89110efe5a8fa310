//! Measures the published extism crate: `peer-extism MEASUREMENT` prints one line of JSON.

mod echo;
mod guest;
mod idle;
mod lifecycle;
mod spinners;

use std::process::ExitCode;

use peers_shared::{Failure, Report, Result, Settings};

fn main() -> ExitCode {
    peers_shared::run("peer-extism", |settings, _| measure(settings))
}

async fn measure(settings: Settings) -> Result<Report> {
    match settings.measurement.as_str() {
        "echo" => echo::echo(&settings),
        "first" => lifecycle::first(&settings),
        "idle" => idle::idle(&settings).await,
        "spinners" => spinners::beside_spinners(&settings).await,
        unknown => Err(Failure::unknown_measurement(unknown)),
    }
}
