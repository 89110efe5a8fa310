//! Speaks with a real Ockam node, over plain TCP and with nothing of the host between.
//!
//! ```text
//! ockam echo HOST:PORT [COUNT]     I: a channel to the listener `secure` there, and so many
//!                                  messages to `echoer` behind it, on two connections in turn
//! ockam serve [HOST:PORT]          R: a listener `secure` with an `echoer` behind it
//! ```

mod echo;
mod link;
mod serve;

use std::time::{SystemTime, UNIX_EPOCH};

use skep_secure::{Identity, Seed};

/// Whatever goes wrong ends the program.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["echo", to] => echo::run(to, 1_000),
        ["echo", to, count] => echo::run(to, count.parse()?),
        ["serve"] => serve::run("127.0.0.1:0"),
        ["serve", at] => serve::run(at),
        _ => Err("use: ockam echo HOST:PORT [COUNT] | ockam serve [HOST:PORT]".into()),
    }
}

/// The time in seconds.
fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|why| format!("no randomness: {why}"))?;
    Ok(bytes)
}

fn seed() -> Result<Seed> {
    Ok(Seed::new(random()?))
}

/// An identity for this run.
fn identity() -> Result<Identity> {
    Ok(Identity::create(seed()?, seed()?, now()?)?)
}
