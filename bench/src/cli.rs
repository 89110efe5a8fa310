//! What may be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::ask::Ask;
use crate::sides::Sides;
use crate::{Result, measure, plot, report, rounds, rows};

/// Measure Skep and its peers in turn, and write report.json, report.svg and a table.
#[derive(Parser)]
#[command(name = "skep-bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    measure: Option<Measure>,
    #[command(flatten)]
    compare: Compare,
}

#[derive(Subcommand)]
enum Measure {
    /// One measurement of Skep or of a floor, as a line of JSON.
    Measure(Ask),
}

#[derive(Args)]
struct Compare {
    /// Fewer messages and rounds: minutes, and less steady.
    #[arg(long)]
    quick: bool,
    /// Only rows whose name contains this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// How many rounds [default: 5, or 2 with --quick].
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Where the peers' programs are: peer-ockam, peer-rusm, peer-extism. One that is missing is
    /// left out.
    #[arg(long, value_name = "DIR", default_value = "target/peers/release")]
    peers: PathBuf,
    /// Where the report is written.
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    out: PathBuf,
}

impl Cli {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(Measure::Measure(ask)) = self.measure {
            return measure::print(&ask);
        }
        let Compare { quick, only, rounds, peers, out } = self.compare;
        let rows: Vec<_> = rows::ALL.iter().filter(|row| row.name.contains(&only)).collect();
        if rows.is_empty() {
            return Err(format!("no row has `{only}` in its name").into());
        }
        let rounds = rounds.unwrap_or(if quick { 2 } else { 5 }).max(1);
        let sides = Sides::find(&peers)?;
        let measured = rounds::run(&rows, &sides, rounds, quick);
        let lines = report::lines(&rows, &measured);
        std::fs::create_dir_all(&out)?;
        std::fs::write(out.join("report.json"), report::json(&lines)?)?;
        std::fs::write(out.join("report.svg"), plot::svg(&lines))?;
        print!("{}", report::table(&lines));
        println!("\n{0}/report.json and {0}/report.svg say the same", out.display());
        Ok(())
    }
}
