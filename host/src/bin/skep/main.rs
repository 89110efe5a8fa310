//! The command `skep`: runs a node, and talks to one that runs.
//!
//! - `cli`: what may be written on the command line; all of clap is there.
//! - `reading`: how routes and times are written there.
//! - `task`: what is to be done, without a trace of how it was written.
//! - `run`, `send`, `ps`, `top`, `events`, `logs`, `dead_letters`, `stop`, `reload`, `deploy`, `inspect`,
//!   `identity`: one file for each command.
//! - `signals`: what tells a running node to end.
//! - `show`: the display of a running node.
//! - `record`: a record of the log; `journal`: the log on disk.
//! - `paint`: colours, where they are wanted.
//! - `waiting`: what is said of a wait that takes long.
//! - `output`: what the other commands print.
//! - `failure`: errors, and how the command ends.

mod cli;
mod dead_letters;
mod deploy;
mod events;
mod explain;
mod failure;
mod identity;
mod inspect;
mod journal;
mod links;
mod logs;
mod output;
mod paint;
mod ps;
mod reading;
mod record;
mod reload;
mod run;
mod send;
mod show;
mod signals;
mod stop;
mod task;
mod top;
mod waiting;

use std::process::ExitCode;

use skep::control::{Client, printable};

use crate::failure::Failure;
use crate::task::{Action, Task};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        output::complain(&format!(
            "internal error, please report it: {}",
            printable(&info.to_string())
        ));
    }));
    std::panic::catch_unwind(|| match cli::read() {
        Ok(task) => perform(task).map_or_else(Failure::show, |()| ExitCode::SUCCESS),
        Err(said) => said,
    })
    .unwrap_or(ExitCode::FAILURE)
}

fn perform(task: Task) -> Result<(), Failure> {
    let Task { directory, action } = task;
    let client = Client::new(&directory);
    match action {
        Action::Run(running) => run::run(&directory, &running),
        Action::Send(message) => ask(send::send(&client, message)),
        Action::Explain(route) => ask(explain::explain(&client, route)),
        Action::Ps(query) => ask(ps::ps(&client, query)),
        Action::Events(listening) => ask(events::events(&client, &listening)),
        Action::Top(watching) => ask(top::top(&client, &watching)),
        Action::Logs(reading) => logs::logs(&client, &reading),
        Action::DeadLetters(letters) => ask(dead_letters::dead_letters(&client, letters)),
        Action::Show(text) => output::raw(&text),
        Action::Stop(whom) => ask(stop::stop(&client, whom)),
        Action::Reload(name) => ask(reload::reload(&client, name)),
        Action::RollBack(name) => ask(reload::roll_back(&client, &name)),
        Action::Deploy(delivery) => ask(deploy::deploy(&client, delivery)),
        Action::Identity(asked) => identity::identity(&directory, &asked),
        Action::Inspect(subject) => inspect::inspect(&directory, &subject),
    }
}

/// Wait for what a running node answers.
fn ask(question: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| Failure::new(format!("no runtime can be had: {why}")))?.block_on(question)
}
