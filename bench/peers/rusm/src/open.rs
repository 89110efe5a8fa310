//! An open loop: messages at a steady rate to an echo, whatever its answers do.

use std::time::Duration;

use peers_shared::{Pace, Report, Result, Run, Settings, Wait, word};
use rusm_otp::{Pid, ProcessHandle};

use crate::client::{COUNTS_FROM, Client, as_client, ping};
use crate::host::{ECHO, Host, LEAST_SIZE, MOST_SIZE};

/// With no answer for so long, what is still missing is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rate at which a guest is asked that runs beside endless loops.
const BESIDE_SPINNERS: f64 = 1000.0;

/// The guest asked, and how.
#[derive(Clone, Copy)]
struct Load {
    echo: Pid,
    size: usize,
    per_second: f64,
    seconds: f64,
    wait: Wait,
}

pub async fn open(settings: &Settings) -> Result<Report> {
    let host = Host::new()?;
    let load = load(&host, settings, settings.rate, Wait::Idle)?;
    measured(&host, load).await?.report()
}

/// The spinners are killed whatever becomes of the load: they stop nowhere but at a tick of the
/// host's, and the host ends with this function.
pub async fn beside_spinners(settings: &Settings) -> Result<Report> {
    let host = Host::new()?;
    let load = load(&host, settings, BESIDE_SPINNERS, Wait::Turn)?;
    let spinner = host.spinner()?;
    let spinners: Vec<ProcessHandle> = (0..settings.loops).map(|_| host.start(&spinner)).collect();
    let run = measured(&host, load).await;
    for spinner in spinners {
        spinner.kill();
        spinner.join().await;
    }
    run?.report()
}

fn load(host: &Host, settings: &Settings, per_second: f64, wait: Wait) -> Result<Load> {
    let size = settings.size_within(LEAST_SIZE, MOST_SIZE)?;
    let echo = host.start(&host.actor(ECHO)?).pid();
    Ok(Load { echo, size, per_second, seconds: settings.seconds, wait })
}

async fn measured(host: &Host, load: Load) -> Result<Run> {
    let count = (load.per_second * load.seconds) as usize;
    let run = as_client(&host.processes, move |mut client| async move {
        client.rely_on(load.echo);
        paced(&mut client, load, count / 10).await?;
        paced(&mut client, load, count).await
    });
    run.await
}

/// One process sends while this one takes in the answers.
async fn paced(client: &mut Client, load: Load, count: usize) -> Result<Run> {
    let pace = Pace::start(load.per_second, load.wait);
    let (processes, answer_to) = (client.processes.clone(), client.pid());
    client.processes.spawn(move |_| async move {
        for number in 0..count {
            let counts_from = pace.due(number).await;
            processes.send(load.echo, ping(answer_to, counts_from, load.size));
        }
    });
    let mut run = Run::new(pace.clock, count);
    while !run.is_complete() {
        let Ok(answer) = tokio::time::timeout(PATIENCE, client.receive()).await else { break };
        run.done(word(&answer?, COUNTS_FROM).unwrap_or_default());
    }
    Ok(run)
}
