//! Ticks by the node's timers, for whoever asks or by configuration.

use serde::{Deserialize, Serialize};
use skep_worker::prelude::*;

/// What it sends itself.
const TICK: &str = "tick";

/// All of it is state: a timer outlives the instance that set it.
#[derive(Default, Serialize, Deserialize)]
struct Ticker {
    every: Duration,
    done: u32,
    times: u32,
    timer: Option<TimerId>,
    /// Whom to tell; nobody when it ticks by configuration.
    listener: Option<Route>,
}

#[worker(state)]
impl Worker for Ticker {
    type Message = String;

    fn initialize(&mut self, ctx: &mut Context, _: &[u8]) -> Result<()> {
        // Whatever instance comes later finds the timer of the first still set.
        if *ctx.birth() != Birth::First {
            return Ok(());
        }
        match (ctx.config("milliseconds"), ctx.config("times")) {
            (Some(every), Some(times)) => self.start(ctx, &every, &times, None),
            _ => Ok(()),
        }
    }

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        if let Origin::Node(Notice::Timer(timer)) = msg.sender() {
            return self.tick(ctx, timer);
        }
        let words: Vec<&str> = msg.body().split_whitespace().collect();
        match words.as_slice() {
            ["start", every, times] => self.start(ctx, every, times, Some(msg.return_route())),
            ["stop"] => {
                self.stop(ctx);
                msg.reply(format!("stopped after {} of {}", self.done, self.times))
            }
            _ => Err("say `start MILLISECONDS TIMES` or `stop`".into()),
        }
    }
}

impl Ticker {
    fn start(
        &mut self,
        ctx: &Context,
        every: &str,
        times: &str,
        listener: Option<Route>,
    ) -> Result<()> {
        let (every, times) = (Duration::from_millis(every.parse()?), times.parse()?);
        let timer = ctx.send_after(every, ctx.address(), TICK)?;
        // From here on nothing fails: what is asked for is what is remembered.
        self.stop(ctx);
        *self = Self { every, done: 0, times, timer: Some(timer), listener };
        Ok(())
    }

    fn stop(&mut self, ctx: &Context) {
        if let Some(timer) = self.timer.take() {
            ctx.cancel(timer);
        }
    }

    fn tick(&mut self, ctx: &Context, timer: TimerId) -> Result<()> {
        // A tick that was on its way when its timer was cancelled.
        if self.timer != Some(timer) {
            return Ok(());
        }
        let done = self.done + 1;
        let text = format!("tick {done} of {}", self.times);
        ctx.info(&text);
        if let Some(listener) = &self.listener {
            ctx.send(listener, text)?;
        }
        let next = (done < self.times).then(|| ctx.send_after(self.every, ctx.address(), TICK));
        (self.timer, self.done) = (next.transpose()?, done);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;

    const SECOND: Duration = Duration::from_secs(1);

    fn ticks(node: &mut Node) -> Vec<String> {
        node.received("app").iter().map(|tick| tick.body().unwrap()).collect()
    }

    #[test]
    fn ticks_as_often_as_it_is_told() {
        let mut node = Node::new();
        node.start("ticker", Ticker::default()).unwrap();
        node.send("ticker", "start 1000 2").unwrap();
        node.advance(SECOND);
        assert_eq!(ticks(&mut node), ["tick 1 of 2"]);
        node.advance(9 * SECOND);
        assert_eq!(ticks(&mut node), ["tick 2 of 2"]);
    }

    #[test]
    fn goes_on_after_a_reload_until_it_is_stopped() {
        let mut node = Node::new();
        node.configure("ticker", "milliseconds", "1000");
        node.configure("ticker", "times", "5");
        node.start("ticker", Ticker::default()).unwrap();
        node.advance(2 * SECOND);
        node.reload("ticker", Ticker::default()).unwrap();
        node.advance(SECOND);
        assert_eq!(node.logs().len(), 3);
        assert_eq!(node.request("ticker", "stop"), Ok("stopped after 3 of 5".to_string()));
        node.advance(9 * SECOND);
        assert_eq!(node.logs().len(), 3);
    }

    #[test]
    fn a_new_start_ends_the_old_one() {
        let mut node = Node::new();
        node.start("ticker", Ticker::default()).unwrap();
        node.send("ticker", "start 1000 5").unwrap();
        node.send("ticker", "start 3000 1").unwrap();
        node.advance(9 * SECOND);
        assert_eq!(ticks(&mut node), ["tick 1 of 1"]);
    }
}
