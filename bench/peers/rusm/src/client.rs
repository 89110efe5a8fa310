//! Native processes, which are the clients of the guests.

use peers_shared::{Failure, Result, put_word};
use rusm_otp::{Context, Pid, Runtime};
use tokio::sync::oneshot;

pub struct Client {
    context: Context,
    pub processes: Runtime,
}

impl Client {
    pub fn pid(&self) -> Pid {
        self.context.pid()
    }

    /// From now on the end of `process` is a failure of this client.
    pub fn rely_on(&self, process: Pid) {
        self.processes.monitor(self.pid(), process);
    }

    pub fn send(&self, to: Pid, message: Vec<u8>) -> Result<()> {
        if self.processes.send(to, message) {
            return Ok(());
        }
        Err(Failure::broken("a message was sent to a process that has ended"))
    }

    pub async fn receive(&mut self) -> Result<Vec<u8>> {
        let ended = || Failure::broken("a process ended before its time");
        self.context.recv().await.message().ok_or_else(ended)
    }
}

/// Runs `body` as a process of its own.
pub async fn as_client<T, B, F>(processes: &Runtime, body: B) -> Result<T>
where
    B: FnOnce(Client) -> F,
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let (report, outcome) = oneshot::channel();
    processes.spawn(|context| {
        let work = body(Client { context, processes: processes.clone() });
        async move {
            // Nobody waits any more once the measurement has been given up.
            let _ = report.send(work.await);
        }
    });
    outcome.await?
}

/// A message for an echo, with the time from which its latency counts.
pub fn ping(answer_to: Pid, counts_from: u64, size: usize) -> Vec<u8> {
    let mut message = vec![0; size];
    put_word(&mut message, 0, answer_to.raw());
    put_word(&mut message, COUNTS_FROM, counts_from);
    message
}

/// Where a message has the time from which its latency counts.
pub const COUNTS_FROM: usize = 8;
