//! A stream of messages to an echoer: one task sends while another takes in the answers. A single
//! task will not do, since a mailbox holds 8 messages and who sends to a full one waits.

use std::sync::Arc;
use std::time::Duration;

use ockam::access_control::AllowAll;
use ockam::{Address, Context, LocalMessage, MessageReceiveOptions, Route};
use peers_shared::{Clock, Pace, Result, Run, put_word, word};
use tokio::sync::Semaphore;

/// A message carries the time from which its latency counts.
pub const LEAST_SIZE: usize = 8;

/// With no answer for so long, what is still missing is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// What decides when the next message is sent.
pub enum Gate {
    /// So many messages at most are without an answer.
    Window { clock: Clock, free: Semaphore },
    /// Messages are sent at given times, with or without answers.
    Paced(Pace),
}

impl Gate {
    pub fn window(outstanding: usize) -> Self {
        Self::Window { clock: Clock::start(), free: Semaphore::new(outstanding) }
    }

    fn clock(&self) -> Clock {
        match self {
            Self::Window { clock, .. } => *clock,
            Self::Paced(pace) => pace.clock,
        }
    }

    /// Waits until a message may be sent and returns the time from which it counts.
    async fn pass(&self, number: usize) -> Result<u64> {
        match self {
            Self::Window { clock, free } => {
                free.acquire().await?.forget();
                Ok(clock.nanos())
            }
            Self::Paced(pace) => Ok(pace.due(number).await),
        }
    }

    fn answered(&self) {
        if let Self::Window { free, .. } = self {
            free.add_permits(1);
        }
    }
}

/// Sends `count` messages over `route` as `gate` lets them pass; `client` gets the answers.
pub async fn stream(
    node: &Context,
    client: &mut Context,
    route: &Route,
    size: usize,
    count: usize,
    gate: Gate,
) -> Result<Run> {
    let gate = Arc::new(gate);
    let message = LocalMessage::new()
        .with_onward_route(route.clone())
        .with_return_route(Route::create(vec![client.primary_address().clone()]))
        .with_payload(vec![0; size]);
    let from = node.new_detached(Address::random_local(), AllowAll, AllowAll)?;
    let sender = tokio::spawn(send_all(from, message, count, gate.clone()));
    let run = receive_all(client, count, &gate).await?;
    if run.is_complete() {
        sender.await??;
    } else {
        sender.abort();
    }
    Ok(run)
}

async fn send_all(
    from: Context,
    message: LocalMessage,
    count: usize,
    gate: Arc<Gate>,
) -> Result<()> {
    for number in 0..count {
        let mut message = message.clone();
        let counts_from = gate.pass(number).await?;
        put_word(message.payload_mut(), 0, counts_from);
        from.forward(message).await?;
    }
    Ok(())
}

async fn receive_all(client: &mut Context, count: usize, gate: &Gate) -> Result<Run> {
    let mut run = Run::new(gate.clock(), count);
    while !run.is_complete() {
        let patience = MessageReceiveOptions::new().with_timeout(PATIENCE);
        let Ok(answer) = client.receive_extended::<Vec<u8>>(patience).await else { break };
        run.done(word(answer.payload(), 0).unwrap_or_default());
        gate.answered();
    }
    Ok(run)
}
