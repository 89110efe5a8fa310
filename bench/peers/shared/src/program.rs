//! The main function of a measuring program.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::settings::USAGE;
use crate::{Failure, Report, Result, Settings};

/// Reads the command line, runs what it asks for and prints the report.
pub fn run<M, F>(name: &str, measure: M) -> ExitCode
where
    M: FnOnce(Settings, Arc<Runtime>) -> F,
    F: Future<Output = Result<Report>> + Send + 'static,
{
    match measured(measure) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(Failure::Usage(problem)) => {
            eprintln!("{name}: {problem}\nusage: {name} {USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Broken(problem)) => {
            eprintln!("{name}: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The measurement is spawned, since the thread that blocks on it is none of the runtime's workers.
fn measured<M, F>(measure: M) -> Result<Report>
where
    M: FnOnce(Settings, Arc<Runtime>) -> F,
    F: Future<Output = Result<Report>> + Send + 'static,
{
    let settings = Settings::parse(std::env::args().skip(1))?;
    let runtime = Builder::new_multi_thread().worker_threads(settings.threads).enable_all().build();
    let runtime = Arc::new(runtime?);
    let task = runtime.spawn(measure(settings, runtime.clone()));
    runtime.block_on(task)?
}
