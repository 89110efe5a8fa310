//! What may be written on the command line. Nothing else in the command knows clap.

mod completions;
mod looking;
mod watching;
mod wrong;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::reading::{number, place, route, timeout};
use crate::task::{
    Action, Change, Delivery, Form, Identity, Letters, Message, Running, Source, Subject, Task,
    Which, Whom,
};

const EXAMPLES: &str = "\
Examples:
  skep run                              start a node on ./hive
  skep send echoer 'Hello Skep!'        send a message, and print the answer
  skep send h1,h2,h3,echoer hello       by three hops, and back by them
  skep ps                               list the workers
  skep stop                             stop the node

Exit codes: 0 done, 1 it failed, 2 wrong use.";

/// Run sandboxed WebAssembly workers that talk by messages.
#[derive(Parser)]
#[command(name = "skep", bin_name = "skep", version, after_help = EXAMPLES, max_term_width = 98)]
#[command(color = wrong::colours())]
struct Opts {
    /// The node's directory; without it what SKEP_DIR says, or else hive.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a node, and all workers in its directory.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunOpts),
    /// Send a message along a route, and print the answer.
    #[command(after_help = SEND_EXAMPLES)]
    Send(SendOpts),
    /// List the workers of a running node, or show one in full.
    #[command(after_help = looking::PS_EXAMPLES)]
    Ps(looking::PsOpts),
    /// Show each stop of a route, its rule and what would happen, without sending.
    #[command(after_help = looking::EXPLAIN_EXAMPLES)]
    Explain(looking::ExplainOpts),
    /// Watch the workers of a running node: what they handle, use and wait for, each second.
    #[command(after_help = watching::TOP_EXAMPLES)]
    Top(watching::TopOpts),
    /// Show what happens to the workers of a running node: they start, stop, reload, fail.
    #[command(after_help = watching::EVENTS_EXAMPLES)]
    Events(watching::EventsOpts),
    /// Show what a node and its workers have logged, whether it runs or not.
    #[command(after_help = watching::LOGS_EXAMPLES)]
    Logs(watching::LogsOpts),
    /// Messages that no one will handle: look at them, send them again, drop them.
    #[command(after_help = LETTERS_EXAMPLES)]
    DeadLetters(LettersOpts),
    /// Bring a worker in line with its files now: start it, or have its next generation take over.
    #[command(after_help = RELOAD_EXAMPLES)]
    Reload(ReloadOpts),
    /// Have the generation before a worker's current one take over again.
    Rollback {
        /// The worker.
        name: String,
    },
    /// Stop the node, or one of its workers.
    #[command(after_help = STOP_EXAMPLES)]
    Stop(StopOpts),
    /// Print what a shell needs to complete these commands.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Check a component, and put it into the node's directory.
    #[command(after_help = DEPLOY_EXAMPLES)]
    Deploy(DeployOpts),
    /// Show what a component is and what it would be given, without running it.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectOpts),
    /// Show who a node is in secure channels; make its identity, or give it another key.
    #[command(after_help = IDENTITY_EXAMPLES)]
    Identity(IdentityOpts),
}

const RUN_EXAMPLES: &str = "\
DIR/workers/NAME.wasm becomes the worker NAME; NAME.toml beside it says how it runs. Ctrl-C
lets the workers handle what they have and stops; a second Ctrl-C stops at once (what follows
the first within 0.3 s is taken for the same one). SIGTERM is the same as Ctrl-C. If messages
were left, the exit code is 1.

Examples:
  skep run                       on ./hive, which is made where there is none
  skep run /srv/bees             on another directory
  skep run --log warn            only warnings, of the node and its workers
  skep run --log skep=debug      more of the node
  skep run --listen 4000         reachable as 1#127.0.0.1:4000 on this machine";

#[derive(Args)]
struct RunOpts {
    /// The node's directory, instead of --dir.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: Option<PathBuf>,
    /// What is logged: a level (error, warn, info, debug, trace), or levels by target
    /// (skep::node=warn,skep::worker=debug); without it what SKEP_LOG says, or else info.
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Let other nodes open links to this one there, besides where node.toml says. A port
    /// alone is one of this machine's loopback. Links are neither encrypted nor do they prove
    /// who is at the other end.
    #[arg(long, value_name = "HOST:PORT", value_parser = place)]
    listen: Vec<String>,
}

const SEND_EXAMPLES: &str = "\
ROUTE is one address or several, nearest first, with commas between them: h1,echoer. An answer
is printed as text where it is text, with what could disturb a terminal escaped, otherwise in
hexadecimal; --raw writes its bytes as they are.

Examples:
  skep send echoer 'Hello Skep!'
  skep send h1,echoer - < letter.txt
  skep send echoer --hex 00ff
  skep send accounts --msgpack '{\"open\":\"bee\"}'
  skep send ticker 'start 500 3' --no-reply
  skep send echoer hi --count 100000 --outstanding 64 --json";

#[derive(Args)]
struct SendOpts {
    /// Where the message goes: h1,echoer.
    #[arg(value_parser = route)]
    route: String,
    /// What it says; - reads it from stdin. Nothing if left out.
    #[arg(allow_hyphen_values = true)]
    payload: Option<OsString>,
    /// PAYLOAD is in hexadecimal, and so is the answer.
    #[arg(long, conflicts_with = "msgpack")]
    hex: bool,
    /// PAYLOAD is JSON, is sent as MessagePack, and so is the answer shown.
    #[arg(long)]
    msgpack: bool,
    /// How long to wait for the answer: 500ms, 5s, 2m.
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = timeout)]
    timeout: Duration,
    /// Send the message N times from inside the node, and measure. Ends with 1 if one of them
    /// fails, and early where none succeeds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    count: Option<u64>,
    /// With --count: how many wait for their answers at a time (1 if left out).
    #[arg(long, value_name = "N", requires = "count", value_parser = clap::value_parser!(u32).range(1..=1024))]
    outstanding: Option<u32>,
    /// Do not wait for an answer; what comes is shown in the node's log.
    #[arg(long)]
    no_reply: bool,
    /// Print JSON: {"payload"}, or with --count {"sent","received","failed","timeouts",
    /// "p50_us","p99_us","per_second","first_failure"}; the times are null without an answer, and
    /// the rate is of answers, or with --no-reply of what was put on its way.
    #[arg(long)]
    json: bool,
    /// Write the bytes of the answer as they are.
    #[arg(long, conflicts_with_all = ["json", "count"])]
    raw: bool,
}

const LETTERS_EXAMPLES: &str = "\
Examples:
  skep dead-letters                    list them
  skep dead-letters show 3             one in full, with what it says
  skep dead-letters redeliver 3        send it to whom it was for
  skep dead-letters drop --all         forget them all";

#[derive(Args)]
struct LettersOpts {
    #[command(subcommand)]
    action: Option<LettersAction>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum LettersAction {
    /// List them, oldest first.
    List,
    /// Show one in full.
    Show {
        /// Its number, as the list shows it.
        #[arg(value_parser = number)]
        number: u64,
    },
    /// Send them to whom they were for.
    Redeliver(WhichOpts),
    /// Forget them.
    Drop(WhichOpts),
}

#[derive(Args)]
#[command(group = ArgGroup::new("which").required(true).args(["number", "all"]))]
struct WhichOpts {
    /// Its number, as the list shows it.
    #[arg(value_parser = number)]
    number: Option<u64>,
    /// All that there are.
    #[arg(long)]
    all: bool,
}

const RELOAD_EXAMPLES: &str = "\
A node sees by itself what changes in DIR/workers; this does not wait for that, and says what
came of it. The message in progress finishes on the old generation, the mailbox and the state
go over, and a generation that does not start changes nothing.

Examples:
  skep reload echoer
  skep reload --all
  skep rollback echoer      back to the generation before";

#[derive(Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["name", "all"]))]
struct ReloadOpts {
    /// One worker.
    name: Option<String>,
    /// All that have files.
    #[arg(long)]
    all: bool,
}

const STOP_EXAMPLES: &str = "\
Examples:
  skep stop                 the node: its workers handle what they have, then it ends
  skep stop --now           the node, with what they have left as it is
  skep stop echoer          one worker, after what is in its mailbox

If messages were left when the node stopped, the exit code is 1.";

#[derive(Args)]
struct StopOpts {
    /// One worker; without it the node.
    name: Option<String>,
    /// The node, at once: its workers do not handle what they have.
    #[arg(long, conflicts_with = "name")]
    now: bool,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  skep completions bash > ~/.local/share/bash-completion/completions/skep
  skep completions zsh > ~/.zfunc/_skep               (with ~/.zfunc in $fpath)
  skep completions fish > ~/.config/fish/completions/skep.fish";

const DEPLOY_EXAMPLES: &str = "\
FILE is checked as a node checks it, written aside and renamed into DIR/workers, so that whoever
looks there sees all of it or nothing. No node has to run.

Examples:
  skep deploy echoer.wasm
  skep deploy target/wasm32-unknown-unknown/release/my_echoer.wasm --as echoer
  skep deploy echoer.wasm --manifest echoer.toml";

#[derive(Args)]
struct DeployOpts {
    /// A component, or the core module of one.
    file: PathBuf,
    /// The worker's name; otherwise the file's, without its ending.
    #[arg(long = "as", value_name = "NAME")]
    worker: Option<String>,
    /// A manifest that is put beside it.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

const INSPECT_EXAMPLES: &str = "\
What it would be given is told by the manifest beside FILE, or the table of its name in
DIR/node.toml, within the ceiling there. It ends with 1 if a node would refuse the file or what
its manifest asks for.

Examples:
  skep inspect echoer.wasm
  skep inspect hive/workers/echoer.wasm --json | jq .imports";

#[derive(Args)]
struct InspectOpts {
    /// A component, or the core module of one.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const IDENTITY_EXAMPLES: &str = "\
The identifier is no secret: others name it in trust, identity and access. DIR/identity.key is
one: whoever can read it can be this node. Rotating does not change the identifier. Nodes that
have seen the new key refuse the old ones from then on, which is how a stolen key is revoked.
A running node follows. None has to run.

Examples:
  skep identity create
  skep identity --dir /srv/bees
  skep identity rotate";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
struct IdentityOpts {
    #[command(subcommand)]
    action: Option<IdentityAction>,
    #[command(flatten)]
    form: FormOpts,
}

#[derive(Args)]
struct FormOpts {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum IdentityAction {
    /// Show it.
    Show(FormOpts),
    /// Make one where there is none.
    Create(FormOpts),
    /// Give it another key, signed by the one so far.
    Rotate(FormOpts),
}

/// What the command line says is to be done. Help and wrong use are answered here.
pub(crate) fn read() -> Result<Task, ExitCode> {
    Opts::try_parse().map(Task::from).map_err(wrong::answer)
}

impl From<Opts> for Task {
    fn from(opts: Opts) -> Self {
        let said = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let elsewhere = || said("SKEP_DIR").map_or_else(|| "hive".into(), PathBuf::from);
        let mut directory = opts.dir.unwrap_or_else(elsewhere);
        let action = match opts.command {
            Command::Run(run) => {
                directory = run.directory.unwrap_or(directory);
                let log = said("SKEP_LOG").map(|log| log.to_string_lossy().into_owned());
                let log = run.log.or(log).unwrap_or_else(|| "info".into());
                Action::Run(Running { log, listen: run.listen })
            }
            Command::Send(send) => Action::Send(send.into()),
            Command::Ps(ps) => Action::Ps(ps.into()),
            Command::Explain(explain) => Action::Explain(explain.into()),
            Command::Top(top) => Action::Top(top.into()),
            Command::Events(events) => Action::Events(events.into()),
            Command::Logs(logs) => Action::Logs(logs.into()),
            Command::DeadLetters(letters) => Action::DeadLetters(letters.into()),
            Command::Reload(reload) => Action::Reload(reload.name),
            Command::Rollback { name } => Action::RollBack(name),
            Command::Stop(stop) => {
                Action::Stop(stop.name.map_or(Whom::Node { now: stop.now }, Whom::Worker))
            }
            Command::Completions { shell } => Action::Show(completions::of(shell)),
            Command::Deploy(deploy) => Action::Deploy(Delivery {
                file: deploy.file,
                worker: deploy.worker,
                manifest: deploy.manifest,
            }),
            Command::Identity(identity) => Action::Identity(identity.into()),
            Command::Inspect(inspect) => {
                Action::Inspect(Subject { file: inspect.file, json: inspect.json })
            }
        };
        Self { directory, action }
    }
}

impl From<SendOpts> for Message {
    fn from(opts: SendOpts) -> Self {
        let form = match (opts.hex, opts.msgpack) {
            (true, _) => Form::Hex,
            (_, true) => Form::MessagePack,
            _ => Form::Text,
        };
        let payload = match opts.payload {
            Some(dash) if dash == "-" => Source::Stdin,
            payload => Source::Argument(payload.unwrap_or_default().into_vec()),
        };
        Self {
            route: opts.route,
            payload,
            form,
            timeout: opts.timeout,
            count: opts.count,
            outstanding: opts.outstanding,
            no_reply: opts.no_reply,
            json: opts.json,
            raw: opts.raw,
        }
    }
}

impl From<IdentityOpts> for Identity {
    fn from(opts: IdentityOpts) -> Self {
        let (change, form) = match opts.action {
            None => (Change::None, opts.form),
            Some(IdentityAction::Show(form)) => (Change::None, form),
            Some(IdentityAction::Create(form)) => (Change::Create, form),
            Some(IdentityAction::Rotate(form)) => (Change::Rotate, form),
        };
        Self { change, json: form.json }
    }
}

impl From<LettersOpts> for Letters {
    fn from(opts: LettersOpts) -> Self {
        let json = opts.json;
        match opts.action {
            None | Some(LettersAction::List) => Self::List { json },
            Some(LettersAction::Show { number }) => Self::Show { number, json },
            Some(LettersAction::Redeliver(which)) => Self::Redeliver { which: which.into(), json },
            Some(LettersAction::Drop(which)) => Self::Drop { which: which.into(), json },
        }
    }
}

impl From<WhichOpts> for Which {
    fn from(opts: WhichOpts) -> Self {
        opts.number.map_or(Self::All, Self::One)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Opts::command().debug_assert();
    }
}
