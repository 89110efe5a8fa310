//! The memory that idle guests take, and how many of them there really are.

use std::time::Duration;

use peers_shared::{Failure, Report, Result, Settings, settled_kib};
use rusm_otp::{Pid, ProcessHandle};

use crate::client::{Client, as_client, ping};
use crate::host::{ECHO, Host, LEAST_SIZE};

/// A guest that has not answered for so long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(1);

pub async fn idle(settings: &Settings) -> Result<Report> {
    let host = Host::with_instances(u32::try_from(settings.workers * 2)?)?;
    let echo = host.actor(ECHO)?;
    // What the first guest and the first message alone allocate is no guest's memory.
    let first = host.start(&echo);
    count_answering(&host, vec![first.pid()]).await?;
    first.kill();
    first.join().await;
    ignore_panics();
    let before = settled_kib().await?;
    let started: Vec<ProcessHandle> = (0..settings.workers).map(|_| host.start(&echo)).collect();
    let after = settled_kib().await?;
    let answering =
        count_answering(&host, started.iter().map(ProcessHandle::pid).collect()).await?;
    if answering == 0 {
        return Err(Failure::broken("no guest answered"));
    }
    let answering = answering as f64;
    Ok(Report::default().with("kib_each", (after - before) / answering).with("workers", answering))
}

/// A guest for which the pool has no stack left panics within Wasmtime. It is missed by its answer,
/// and a message on stderr for each of them helps nobody.
fn ignore_panics() {
    std::panic::set_hook(Box::new(|_| ()));
}

async fn count_answering(host: &Host, guests: Vec<Pid>) -> Result<usize> {
    let counted = as_client(&host.processes, move |mut client| async move {
        let mut answering = 0;
        for guest in guests {
            answering += usize::from(answers(&mut client, guest).await);
        }
        Ok(answering)
    });
    counted.await
}

async fn answers(client: &mut Client, guest: Pid) -> bool {
    let message = ping(client.pid(), 0, LEAST_SIZE);
    let sent = client.send(guest, message).is_ok();
    sent && matches!(tokio::time::timeout(PATIENCE, client.receive()).await, Ok(Ok(_)))
}
