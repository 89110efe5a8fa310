//! Measures the published RUSM crates: `peer-rusm MEASUREMENT` prints one line of JSON.

mod between;
mod client;
mod echo;
mod host;
mod idle;
mod lifecycle;
mod open;

use std::process::ExitCode;

use peers_shared::{Failure, Report, Result, Settings};

fn main() -> ExitCode {
    peers_shared::run("peer-rusm", |settings, _| measure(settings))
}

async fn measure(settings: Settings) -> Result<Report> {
    match settings.measurement.as_str() {
        "echo" => echo::echo(&settings).await,
        "pair" => between::pair(&settings).await,
        "one-way" => between::one_way(&settings).await,
        "first" => lifecycle::first(&settings).await,
        "start" => lifecycle::start(&settings).await,
        "idle" => idle::idle(&settings).await,
        "open" => open::open(&settings).await,
        "spinners" => open::beside_spinners(&settings).await,
        unknown => Err(Failure::unknown_measurement(unknown)),
    }
}
