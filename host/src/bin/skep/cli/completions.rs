//! `skep completions`: what a shell needs to complete the commands.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Opts;

/// The script for a shell.
pub(super) fn of(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Opts::command(), "skep", &mut script);
    script
}
