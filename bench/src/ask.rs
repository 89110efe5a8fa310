//! What a program is asked to measure.

use clap::Args;

/// A measurement, and how much of what.
#[derive(Args, Clone, Debug)]
pub(crate) struct Ask {
    /// Which: `skep-bench measure list` lists them.
    pub(crate) name: String,
    /// Messages, after a tenth as many that do not count.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) count: usize,
    /// Bytes of a payload, or of a state.
    #[arg(long, default_value_t = 16)]
    pub(crate) size: usize,
    /// Hops on the way.
    #[arg(long, default_value_t = 0)]
    pub(crate) hops: usize,
    /// How many wait for their answers at a time.
    #[arg(long, default_value_t = 1)]
    pub(crate) outstanding: usize,
    /// Workers beside those that are measured, or that are.
    #[arg(long, default_value_t = 0)]
    pub(crate) workers: usize,
    /// Endless loops beside them.
    #[arg(long, default_value_t = 0)]
    pub(crate) loops: usize,
    /// Messages a second, of what is measured at a fixed rate.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) rate: u64,
    /// For so many seconds.
    #[arg(long, default_value_t = 2)]
    pub(crate) seconds: u64,
    /// Threads of the executor, and of tokio.
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: usize,
}
