//! The measurements of Skep, all guarantees on, and of the floors under it.
//!
//! - `echo`: there and back: hops, sizes, many at a time, at a fixed rate.
//! - `between`: two workers.
//! - `starts`: workers that begin and end, sleep and wake.
//! - `memory`: what they take.
//! - `beside`: an echo and a timer beside endless loops.
//! - `nodes`: over TCP, and through secure channels.
//! - `reload`: generations.
//! - `bare`: wasmtime alone; `floors`: tokio alone.
//! - `parts`: nodes, guests, clocks.

mod bare;
mod beside;
mod between;
mod echo;
mod floors;
mod memory;
mod nodes;
mod parts;
mod reload;
mod starts;

use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// All there are.
const NAMES: &str = "echo open pair one-way start first asleep idle wake million spinners timers \
                     tcp secure handshake reload; of the floors: mpsc tcp-floor call first-floor \
                     wake-floor";

/// Take a measurement, and print it.
pub(crate) fn print(ask: &Ask) -> Result<()> {
    let threads = ask.threads.max(1);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let ask = ask.clone();
    let figures =
        runtime.block_on(async { tokio::spawn(async move { take(&ask).await }).await })??;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

async fn take(ask: &Ask) -> Result<Figures> {
    match ask.name.as_str() {
        "echo" => echo::echo(ask).await,
        "open" => echo::open(ask).await,
        "pair" => between::pair(ask).await,
        "one-way" => between::one_way(ask).await,
        "start" => starts::start(ask).await,
        "first" => starts::first(ask).await,
        "wake" => starts::wake(ask).await,
        "asleep" => memory::asleep(ask).await,
        "idle" => memory::live(ask).await,
        "million" => memory::million(ask).await,
        "spinners" => beside::spinners(ask).await,
        "timers" => beside::timers(ask).await,
        "tcp" => nodes::tcp(ask).await,
        "secure" => nodes::secure(ask).await,
        "handshake" => nodes::handshake(ask).await,
        "reload" => reload::reload(ask).await,
        "mpsc" => floors::mpsc(ask).await,
        "tcp-floor" => floors::tcp(ask).await,
        "call" => bare::call(ask).await,
        "first-floor" => bare::first(ask).await,
        "wake-floor" => bare::wake(ask).await,
        name => Err(format!("there is no `{name}`; there are {NAMES}").into()),
    }
}
