//! Messages between two guests. A native process gives the order and hears when all is done.

use std::time::Instant;

use peers_shared::{Report, Result, Settings, put_word};

use crate::client::as_client;
use crate::host::{DRIVER, ECHO, FLOOD, Host, MOST_SIZE, SINK};

/// A guest's message carries no time, only the process to answer to.
const LEAST_SIZE: usize = 8;

/// There and back, one message after the other.
pub async fn pair(settings: &Settings) -> Result<Report> {
    let (size, count) = (settings.size_within(LEAST_SIZE, MOST_SIZE)?, settings.count());
    let host = Host::new()?;
    let echo = host.start(&host.actor(ECHO)?).pid();
    let driver = host.start(&host.actor(DRIVER)?).pid();
    let measured = as_client(&host.processes, move |mut client| async move {
        client.rely_on(echo);
        client.rely_on(driver);
        let mut seconds = 0.0;
        for rounds in warm_up_and(count) {
            let begun = Instant::now();
            let parties = [client.pid().raw(), driver.raw(), echo.raw()];
            client.send(driver, order(&[&parties[..], &[rounds, size as u64]].concat()))?;
            client.receive().await?;
            seconds = begun.elapsed().as_secs_f64();
        }
        Ok(seconds)
    });
    let seconds = measured.await?;
    Ok(Report::default()
        .with("p50_us", seconds * 1e6 / count as f64)
        .with("per_second", count as f64 / seconds))
}

/// From one guest to the other only, as fast as they can.
pub async fn one_way(settings: &Settings) -> Result<Report> {
    let (size, count) = (settings.size_within(LEAST_SIZE, MOST_SIZE)?, settings.count());
    let host = Host::new()?;
    let sink = host.start(&host.actor(SINK)?).pid();
    let flood = host.start(&host.actor(FLOOD)?).pid();
    let measured = as_client(&host.processes, move |mut client| async move {
        client.rely_on(sink);
        client.rely_on(flood);
        let mut seconds = 0.0;
        for messages in warm_up_and(count) {
            let begun = Instant::now();
            client.send(sink, order(&[client.pid().raw(), messages]))?;
            client.send(flood, order(&[sink.raw(), messages, size as u64]))?;
            client.receive().await?;
            seconds = begun.elapsed().as_secs_f64();
        }
        Ok(seconds)
    });
    let seconds = measured.await?;
    Ok(Report::default().with("per_second", count as f64 / seconds))
}

/// The guests count down to zero from one at least.
fn warm_up_and(count: usize) -> [u64; 2] {
    [(count / 10).max(1) as u64, count as u64]
}

fn order(words: &[u64]) -> Vec<u8> {
    let mut message = vec![0; words.len() * 8];
    for (number, word) in words.iter().enumerate() {
        put_word(&mut message, number * 8, *word);
    }
    message
}
