//! `skep run`: a node on a directory, from its start to its stop.

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use skep::control::Server;
use skep::{Node, Starting};
use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::show::Screen;
use crate::signals::{SECOND, Signals};
use crate::task::Running;

/// How long the screen may take to show the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);

pub(crate) fn run(directory: &Path, running: &Running) -> Result<(), Failure> {
    raise_files();
    let screen = Screen::start(&running.log)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(io_threads()).enable_all().build();
    let runtime = runtime.map_err(|why| Failure::new(format!("no runtime can be had: {why}")))?;
    let ended = runtime.block_on(live(directory, &running.listen, &screen));
    // What still compiles is given up, and not waited for.
    runtime.shutdown_background();
    screen.finish(LAST_LINES);
    ended
}

/// Workers have threads of their own; those of the runtime move bytes and count time, for which
/// half of the cores do. With more of them a link is passed from one to another, and each wakes
/// the next in vain.
fn io_threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    cores.div_ceil(2)
}

/// Have as many files open as the system lets this process have: links, clients and the code of
/// components need them.
fn raise_files() {
    let limit = getrlimit(Resource::Nofile);
    // With what it has it runs, too.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

async fn live(directory: &Path, listen: &[String], screen: &Screen) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    screen.say("starting", &format!("{} (pid {})", directory.display(), std::process::id()));
    let (told, home) = (screen.clone(), directory.to_owned());
    let start = listen.iter().fold(Node::builder(), |builder, place| builder.listen(place));
    let start = start.directory(directory).on_starting(move |what| {
        // Only now the directory is this node's for certain.
        if matches!(what, Starting::Found(_)) {
            told.keep(&home);
        }
        told.starting(what);
    });
    let node = tokio::select! {
        node = start.start() => node?,
        name = signals.next() => {
            screen.say("stopped", &format!("by {name}, before it had started"));
            return Ok(());
        }
    };
    let server = Server::bind(&node)?;
    let hurried = server.hurried();
    let (stopped, has_stopped) = oneshot::channel();
    let control = tokio::spawn(server.serve(async { has_stopped.await.ok() }));
    for place in node.tcp().listening() {
        screen.say("listening", &place.to_string());
    }
    screen.ready(directory);
    tokio::select! {
        name = signals.next() => screen.say("stopping", &format!("{name}, {SECOND}")),
        why = node.stop_requested() => screen.say("stopping", &why),
    };
    let unhandled = stop(&node, &mut signals, hurried, screen).await;
    // The socket goes last: until then it answers how far the stop has come.
    match unhandled {
        Some(unhandled) => _ = stopped.send(unhandled),
        None => drop(stopped),
    }
    let _ = control.await;
    screen.say("stopped", &directory.display().to_string());
    // While the directory is this node's still.
    screen.finish(LAST_LINES);
    match unhandled {
        Some(0) => Ok(()),
        Some(unhandled) => Err(Failure::unhandled("the node", unhandled)),
        None => Err(Failure::new("the node was stopped before its workers had ended")),
    }
}

/// Stop in good order; at the second signal, or if a client says so, at once; at the third
/// without waiting for that. Says how many messages were not handled, if it is known.
async fn stop(
    node: &Node,
    signals: &mut Signals,
    hurried: impl Future<Output = ()>,
    screen: &Screen,
) -> Option<usize> {
    let mut orderly = std::pin::pin!(node.stop());
    tokio::select! {
        unhandled = &mut orderly => return Some(unhandled),
        () = signals.second(screen) => {}
        () = hurried => {}
    }
    // Each says what was left when it ended the workers: together it is all.
    tokio::select! {
        (now, before) = async { tokio::join!(node.stop_now(), orderly) } => Some(now + before),
        _ = signals.next() => None,
    }
}
