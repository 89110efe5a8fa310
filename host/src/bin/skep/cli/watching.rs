//! `skep events`, `skep logs`, `skep top`: what is watched.

use std::time::Duration;

use clap::Args;

use crate::reading::ago;
use crate::task::{Listening, Reading, Watching};
use crate::top::Order;

pub(super) const EVENTS_EXAMPLES: &str = "\
It goes on until the node stops or Ctrl-C. With --json each line is an object {\"time\",\"event\",
\"worker\",\"generation\",\"number\"} and, where there is one, \"reason\",\"previous\",\"limit\". Events are
worker.started, .stopped, .reloaded, .rolled-back, .trapped, .restarted, .parked, .refused, .waits, and
node.started, node.stopping. Whoever reads too slowly is told {\"event\":\"lost\",\"count\"}.

Examples:
  skep events
  skep events counter -n 100     those of one worker that are kept, and what comes
  skep events --json -n 0 | jq --unbuffered 'select(.event == \"worker.parked\")'";

#[derive(Args)]
pub(super) struct EventsOpts {
    /// One worker.
    name: Option<String>,
    /// How many of the last events are shown first, of at most 256 that are kept.
    #[arg(short = 'n', long = "recent", value_name = "N", default_value_t = 10)]
    recent: usize,
    /// Print JSON, an object a line.
    #[arg(long)]
    json: bool,
}

impl From<EventsOpts> for Listening {
    fn from(opts: EventsOpts) -> Self {
        let EventsOpts { name, recent, json } = opts;
        Self { name, recent, json }
    }
}

pub(super) const LOGS_EXAMPLES: &str = "\
A node keeps what it logs in DIR/logs: at most 8 files of 8 MiB; then the oldest goes. What it
keeps is what `skep run --log` lets pass. With --json each line is an object {\"time\",\"level\",
\"target\",\"worker\",\"text\"}, as the files have it.

Examples:
  skep logs
  skep logs -f               and what comes, until the node ends
  skep logs counter -n 1000  what is of one worker, or about it
  skep logs --since 10m";

#[derive(Args)]
pub(super) struct LogsOpts {
    /// One worker.
    name: Option<String>,
    /// Go on with what is logged, until the node ends.
    #[arg(short = 'f', long)]
    follow: bool,
    /// How many of the last records are shown [default: 100, or with --since all].
    #[arg(short = 'n', long, value_name = "N")]
    lines: Option<usize>,
    /// Nothing that is older: 90s, 10m, 2h, 7d.
    #[arg(long, value_name = "TIME", value_parser = ago)]
    since: Option<Duration>,
    /// Print JSON, an object a line.
    #[arg(long)]
    json: bool,
}

/// How many records are shown.
const LINES: usize = 100;

impl From<LogsOpts> for Reading {
    fn from(opts: LogsOpts) -> Self {
        let LogsOpts { name, follow, lines, since, json } = opts;
        let all = if since.is_some() { usize::MAX } else { LINES };
        Self { name, follow, lines: lines.unwrap_or(all), since, json }
    }
}

pub(super) const TOP_EXAMPLES: &str = "\
On a terminal q ends it and s orders by something else. Elsewhere one table is printed, of what
was done in a second; with --json an object a line, with the keys of the table and \"rows\".

Examples:
  skep top
  skep top --sort memory
  skep top --count 3 --rows 5 > three-tables
  skep top --json --sort mailbox | jq '.rows[0].address'";

#[derive(Args)]
pub(super) struct TopOpts {
    /// What they are ordered by; the most comes first.
    #[arg(long, value_name = "KEY", value_enum, default_value_t = Order::Messages)]
    sort: Order,
    /// How many are shown [default: as many as fit, or 20 where there is no screen].
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Print so many tables, a second apart, and end.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl From<TopOpts> for Watching {
    fn from(opts: TopOpts) -> Self {
        let TopOpts { sort: order, rows, count, json } = opts;
        Self { order, rows, count, json }
    }
}
