//! `skep run`: a node on a directory, from its start to its stop.

use std::path::Path;
use std::time::Duration;

use skep::Node;
use skep::control::{Server, printable};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::show::Screen;

/// How long the screen may take to show the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);

pub(crate) fn run(directory: &Path, log: &str) -> Result<(), Failure> {
    let screen = Screen::start(log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::new(format!("no runtime can be had: {why}")))?;
    let ended = runtime.block_on(live(directory, &screen));
    // What still compiles is given up, and not waited for.
    runtime.shutdown_background();
    screen.finish(LAST_LINES);
    ended
}

async fn live(directory: &Path, screen: &Screen) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    screen.say("starting", &format!("{} (pid {})", directory.display(), std::process::id()));
    let told = screen.clone();
    let start = Node::builder().directory(directory).on_starting(move |what| told.starting(what));
    let node = tokio::select! {
        node = start.start() => node?,
        name = signals.next() => {
            screen.say("stopped", &format!("by {name}, before it had started"));
            return Ok(());
        }
    };
    let server = Server::bind(&node)?;
    let (stopped, has_stopped) = oneshot::channel::<()>();
    let control = tokio::spawn(server.serve(async { drop(has_stopped.await) }));
    screen.ready(directory);
    let why = tokio::select! {
        name = signals.next() => format!("{name}, a second one stops at once"),
        why = node.stop_requested() => printable(&why),
    };
    screen.say("stopping", &why);
    let ended = stop(&node, &mut signals).await;
    // The socket goes last: until then it answers how far the stop has come.
    drop(stopped);
    let _ = control.await;
    screen.say("stopped", &directory.display().to_string());
    ended
}

/// Stop in good order; at the second signal, at once.
async fn stop(node: &Node, signals: &mut Signals) -> Result<(), Failure> {
    tokio::select! {
        () = node.stop() => return Ok(()),
        _ = signals.next() => {}
    }
    tokio::select! {
        () = node.stop_now() => {}
        _ = signals.next() => {}
    }
    Err(Failure::new("the node was stopped before its workers had handled what they had"))
}

/// What tells a process to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|why| Failure::new(format!("no signals can be had: {why}")))
        };
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
