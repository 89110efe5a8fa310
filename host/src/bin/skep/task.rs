//! What is to be done. [`crate::cli`] reads it from the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::top::Order;

/// A command, and the directory of the node that it is about.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) directory: PathBuf,
    pub(crate) action: Action,
}

#[derive(Debug)]
pub(crate) enum Action {
    /// Start a node.
    Run(Running),
    Send(Message),
    Ps(Query),
    Top(Watching),
    Explain(Route),
    Events(Listening),
    Logs(Reading),
    DeadLetters(Letters),
    Stop(Whom),
    /// One worker, or all.
    Reload(Option<String>),
    RollBack(String),
    Deploy(Delivery),
    Inspect(Subject),
    Identity(Identity),
    /// Print this.
    Show(Vec<u8>),
}

/// What is asked of a node's identity.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) change: Change,
    pub(crate) json: bool,
}

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    Create,
    Rotate,
}

/// How a node is started.
#[derive(Debug)]
pub(crate) struct Running {
    /// What is logged.
    pub(crate) log: String,
    /// Where it listens for other nodes.
    pub(crate) listen: Vec<String>,
}

/// Who is to stop.
#[derive(Debug)]
pub(crate) enum Whom {
    Worker(String),
    /// The node: with `now` its workers do not handle what they have.
    Node {
        now: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) route: String,
    pub(crate) payload: Source,
    pub(crate) form: Form,
    pub(crate) timeout: Duration,
    pub(crate) count: Option<u64>,
    pub(crate) outstanding: Option<u32>,
    pub(crate) no_reply: bool,
    pub(crate) json: bool,
    pub(crate) raw: bool,
}

/// Where a payload comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Argument(Vec<u8>),
    Stdin,
}

/// How a payload is written and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Hex,
    MessagePack,
}

#[derive(Debug)]
pub(crate) struct Query {
    /// One worker, in full.
    pub(crate) name: Option<String>,
    /// The links instead of the workers.
    pub(crate) links: bool,
    /// The secure channels instead of them.
    pub(crate) channels: bool,
    pub(crate) json: bool,
}

/// A route that is explained.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) route: String,
    pub(crate) from: Option<String>,
    pub(crate) json: bool,
}

/// How the workers are watched.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) order: Order,
    /// How many are shown; otherwise as many as there is room for.
    pub(crate) rows: Option<usize>,
    /// So many tables, below each other.
    pub(crate) count: Option<u64>,
    pub(crate) json: bool,
}

/// What of what happens is shown.
#[derive(Debug)]
pub(crate) struct Listening {
    /// Of one worker alone.
    pub(crate) name: Option<String>,
    /// How many of those that are over.
    pub(crate) recent: usize,
    pub(crate) json: bool,
}

/// What of the log is shown.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Of one worker alone.
    pub(crate) name: Option<String>,
    /// And what comes, until the node ends.
    pub(crate) follow: bool,
    /// At most so many of the last.
    pub(crate) lines: usize,
    /// Not older than this.
    pub(crate) since: Option<Duration>,
    pub(crate) json: bool,
}

#[derive(Debug)]
pub(crate) enum Letters {
    List { json: bool },
    Show { number: u64, json: bool },
    Redeliver { which: Which, json: bool },
    Drop { which: Which, json: bool },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    One(u64),
    All,
}

/// A component for a node's directory.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) file: PathBuf,
    /// The worker's name, if it is not the file's.
    pub(crate) worker: Option<String>,
    pub(crate) manifest: Option<PathBuf>,
}

/// A file that is looked at.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) file: PathBuf,
    pub(crate) json: bool,
}
