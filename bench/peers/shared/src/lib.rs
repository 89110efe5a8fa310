//! What the programs that measure Skep's peers have in common: command line, pacing, report.

mod failure;
mod latencies;
mod memory;
mod pace;
mod program;
mod report;
mod run;
mod settings;
mod word;

pub use failure::{Failure, Result};
pub use latencies::Latencies;
pub use memory::settled_kib;
pub use pace::{Clock, Pace, Wait};
pub use program::run;
pub use report::Report;
pub use run::Run;
pub use settings::Settings;
pub use word::{put_word, word};
