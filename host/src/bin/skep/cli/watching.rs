//! `skep events`, `skep logs`, `skep top`: what is watched.

use clap::Args;

use crate::task::Listening;

pub(super) const EVENTS_EXAMPLES: &str = "\
It goes on until the node stops or Ctrl-C. With --json each line is an object {\"time\",\"event\",
\"worker\",\"generation\",\"number\"} and, where there is one, \"reason\",\"previous\",\"limit\". Events are
worker.started, .stopped, .reloaded, .rolled-back, .trapped, .restarted, .parked, .refused, and
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
