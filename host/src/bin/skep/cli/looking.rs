//! What may be written after `ps` and `explain`.

use clap::Args;

use crate::reading::route;
use crate::task::{Query, Route};

pub(super) const PS_EXAMPLES: &str = "\
Examples:
  skep ps
  skep ps echoer            with the reason of its last failure
  skep ps --links           the links to other nodes
  skep ps --channels        the secure channels to other nodes, and those that are not open
  skep ps --json | jq '.[] | select(.state == \"parked\")'";

#[derive(Args)]
pub(super) struct PsOpts {
    /// One worker.
    name: Option<String>,
    /// The links to other nodes instead of the workers.
    #[arg(long, conflicts_with = "name")]
    links: bool,
    /// The secure channels to other nodes instead of the workers.
    #[arg(long, conflicts_with_all = ["name", "links"])]
    channels: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl From<PsOpts> for Query {
    fn from(opts: PsOpts) -> Self {
        Self { name: opts.name, links: opts.links, channels: opts.channels, json: opts.json }
    }
}

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Nothing is sent. Each stop is shown with the rule that decides there and what it says: whether
the message would get past it. What other nodes do is theirs to say. It ends with 1 if the
message would not get past one of this node's.

Examples:
  skep explain h1,echoer
  skep explain 1#127.0.0.1:4000,echoer --from relay   as if the worker relay sent it
  skep explain echoer --from peer --json              as if it came over a link";

#[derive(Args)]
pub(super) struct ExplainOpts {
    /// The way of a message: h1,echoer.
    #[arg(value_parser = route)]
    route: String,
    /// Who would send it: a worker, peer for another node, or the identifier of one in a
    /// secure channel; otherwise as send does.
    #[arg(long, value_name = "WORKER|peer|IDENTIFIER")]
    from: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl From<ExplainOpts> for Route {
    fn from(opts: ExplainOpts) -> Self {
        Self { route: opts.route, from: opts.from, json: opts.json }
    }
}
