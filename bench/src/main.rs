//! How fast Skep is beside its peers, measured in turn in one run: `make bench`.
//!
//! - `cli`: what may be written on the command line.
//! - `rows`: what is compared, and what is aimed at.
//! - `sides`: the programs that measure, one for each side.
//! - `rounds`: runs them in turn, several times.
//! - `busy`: what else the machine does meanwhile.
//! - `report`, `plot`: what came of it, for programs and for people.
//! - `ask`: what a program is asked to measure; `figures`: what one measurement says.
//! - `measure`: the measurements of Skep itself, and the floors.

mod ask;
mod busy;
mod cli;
mod figures;
mod measure;
mod plot;
mod report;
mod rounds;
mod rows;
mod sides;

use std::process::ExitCode;

use clap::Parser;

/// Whatever went wrong, in words.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}
