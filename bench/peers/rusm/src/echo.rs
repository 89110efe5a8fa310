//! Echoes between a native process and a guest, so many under way at a time.

use peers_shared::{Clock, Report, Result, Run, Settings, word};
use rusm_otp::Pid;

use crate::client::{COUNTS_FROM, Client, as_client, ping};
use crate::host::{ECHO, Host, LEAST_SIZE, MOST_SIZE};

pub async fn echo(settings: &Settings) -> Result<Report> {
    let size = settings.size_within(LEAST_SIZE, MOST_SIZE)?;
    let (count, outstanding) = (settings.count(), settings.outstanding);
    let host = Host::new()?;
    let echo = host.start(&host.actor(ECHO)?).pid();
    let measured = as_client(&host.processes, move |mut client| async move {
        client.rely_on(echo);
        echoes(&mut client, echo, size, outstanding, count / 10).await?;
        echoes(&mut client, echo, size, outstanding, count).await
    });
    measured.await?.report()
}

async fn echoes(
    client: &mut Client,
    echo: Pid,
    size: usize,
    outstanding: usize,
    count: usize,
) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    let at_first = outstanding.min(count);
    for _ in 0..at_first {
        client.send(echo, ping(client.pid(), clock.nanos(), size))?;
    }
    for answered in 0..count {
        let answer = client.receive().await?;
        run.done(word(&answer, COUNTS_FROM).unwrap_or_default());
        if answered + at_first < count {
            client.send(echo, ping(client.pid(), clock.nanos(), size))?;
        }
    }
    Ok(run)
}
