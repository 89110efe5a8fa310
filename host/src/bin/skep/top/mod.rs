//! `skep top`: the workers of a node as they are just now, again and again.
//!
//! - `sample`: how they are, and what they did since the sample before.
//! - `order`: which come first.
//! - `view`: a sample as a table, or as JSON.
//! - `terminal`: a screen of its own, its keys, and all as it was afterwards.

mod order;
mod sample;
mod terminal;
mod view;

use std::time::Duration;

use skep::control::{Client, ClientError};
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use self::order::Order;
use self::sample::{Sample, Sampler};
use self::terminal::{Key, Terminal};
use crate::failure::Failure;
use crate::output;
use crate::paint::Paint;
use crate::signals::Signals;
use crate::task::Watching;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);
/// Rows where no screen bounds them.
const ROWS: usize = 20;

pub(crate) async fn top(client: &Client, watching: &Watching) -> Result<(), Failure> {
    let plain = watching.json || watching.count.is_some() || !Paint::detect().moves();
    if plain { print(client, watching).await } else { watch(client, watching).await }
}

/// Tables, one below the other.
async fn print(client: &Client, watching: &Watching) -> Result<(), Failure> {
    let rows = watching.rows.unwrap_or(ROWS);
    let mut sampler = Sampler::new(client);
    // What is done in a second is known after one.
    sampler.take(watching.order, 0).await?;
    let mut ticks = interval(EVERY);
    ticks.tick().await;
    for turn in 0..watching.count.unwrap_or(1) {
        ticks.tick().await;
        let sample = sampler.take(watching.order, rows).await?;
        let text = if watching.json {
            view::json(&sample)?
        } else {
            let before = if turn > 0 { "\n" } else { "" };
            format!("{before}{}", view::lines(&sample, watching.order).join("\n"))
        };
        if output::each(&text)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// On a terminal, until somebody has seen enough.
async fn watch(client: &Client, watching: &Watching) -> Result<(), Failure> {
    let mut order = watching.order;
    let mut sampler = Sampler::new(client);
    let most =
        || watching.rows.unwrap_or(usize::MAX).min(terminal::rows().saturating_sub(view::FRAME));
    let mut sample = sampler.take(order, most()).await?;
    let mut signals = Signals::listen()?;
    let mut terminal = Terminal::enter()?;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let ended = loop {
        if !terminal.draw(&view::lines(&sample, order)) {
            break Ok(());
        }
        tokio::select! {
            _ = ticks.tick() => {}
            _ = signals.next() => break Ok(()),
            key = terminal.key() => match key {
                Key::Quit => break Ok(()),
                Key::Order => {
                    order = order.next();
                    sample.sort(order);
                    continue;
                }
                Key::Size => continue,
            },
        }
        // Keys are heard while a slow node is asked.
        let next = tokio::select! {
            next = sampler.take(order, most()) => next,
            _ = signals.next() => break Ok(()),
        };
        match next {
            Ok(next) => sample = next,
            Err(why) => break Err(why),
        }
    };
    drop(terminal);
    match ended {
        Err(ClientError::NotRunning { directory } | ClientError::Ended { directory }) => {
            output::note(&format!("the node on {} has stopped", directory.display()));
            Ok(())
        }
        ended => Ok(ended?),
    }
}

impl Sample {
    fn sort(&mut self, order: Order) {
        self.rows.sort_by(|a, b| order.compare(a, b));
    }
}
