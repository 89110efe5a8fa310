//! Starting guests that end again.

use peers_shared::{Clock, Report, Result, Run, Settings};
use rusm_wasm::PreparedComponent;

use crate::client::{Client, as_client, ping};
use crate::host::{ECHO, Host, LEAST_SIZE};

/// From the start of an echo to its first answer, and on to its end.
pub async fn first(settings: &Settings) -> Result<Report> {
    let count = settings.count();
    let host = Host::new()?;
    let echo = host.actor(ECHO)?;
    let processes = host.processes.clone();
    let measured = as_client(&processes, move |mut client| async move {
        answers(&host, &echo, &mut client, count / 10).await?;
        answers(&host, &echo, &mut client, count).await
    });
    measured.await?.report()
}

async fn answers(
    host: &Host,
    echo: &PreparedComponent,
    client: &mut Client,
    count: usize,
) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for _ in 0..count {
        let begun = clock.nanos();
        let echo = host.start(echo);
        client.send(echo.pid(), ping(client.pid(), begun, LEAST_SIZE))?;
        client.receive().await?;
        client.send(echo.pid(), Vec::new())?;
        echo.join().await;
        run.done(begun);
    }
    Ok(run)
}

/// From the start of a guest that does nothing to its end.
pub async fn start(settings: &Settings) -> Result<Report> {
    let count = settings.count();
    let host = Host::new()?;
    let empty = host.empty()?;
    lives(&host, &empty, count / 10).await;
    lives(&host, &empty, count).await.report()
}

async fn lives(host: &Host, empty: &PreparedComponent, count: usize) -> Run {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for _ in 0..count {
        let begun = clock.nanos();
        host.start(empty).join().await;
        run.done(begun);
    }
    run
}
