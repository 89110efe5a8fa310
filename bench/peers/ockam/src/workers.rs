//! The workers that are measured.

use ockam::{Any, Context, Result, Routed, Worker};
use tokio::sync::oneshot;

/// The address of the echoer in every measurement.
pub const ECHOER: &str = "echoer";

/// Answers with what it was sent. A `Vec<u8>` is taken as it is, without a decoder.
pub struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = Vec<u8>;

    async fn handle_message(
        &mut self,
        context: &mut Context,
        message: Routed<Vec<u8>>,
    ) -> Result<()> {
        let answer_to = message.return_route().clone();
        context.send(answer_to, message.into_payload()).await
    }
}

/// Passes on what it was sent, so that the answer comes back through it.
pub struct Hop;

#[ockam::worker]
impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, context: &mut Context, message: Routed<Any>) -> Result<()> {
        let own = context.primary_address().clone();
        context.forward(message.into_local_message().step_forward(own)?).await
    }
}

/// Says when it has been initialized and when it has been shut down.
pub struct Mayfly {
    born: Option<oneshot::Sender<()>>,
    died: Option<oneshot::Sender<()>>,
}

impl Mayfly {
    /// The worker, what hears of its birth and what hears of its death.
    pub fn new() -> (Self, oneshot::Receiver<()>, oneshot::Receiver<()>) {
        let (born, is_born) = oneshot::channel();
        let (died, has_died) = oneshot::channel();
        (Self { born: Some(born), died: Some(died) }, is_born, has_died)
    }
}

#[ockam::worker]
impl Worker for Mayfly {
    type Context = Context;
    type Message = Any;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        tell(&mut self.born);
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        tell(&mut self.died);
        Ok(())
    }
}

fn tell(waiting: &mut Option<oneshot::Sender<()>>) {
    if let Some(waiting) = waiting.take() {
        // Nobody waits any more once the measurement has failed.
        let _ = waiting.send(());
    }
}
