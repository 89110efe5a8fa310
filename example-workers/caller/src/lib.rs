//! Asks another worker within its handler, and answers with what that one says.

use skep_worker::prelude::*;

/// How long it waits: less than those who wait for it are likely to.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Caller;

#[worker]
impl Worker for Caller {
    type Message = Any;

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let whom = ctx.config("route").unwrap_or_else(|| "echoer".into());
        // The worker waits here, and the node does not. Bytes go and bytes come.
        let answer: Vec<u8> = ctx.request(whom.parse::<Route>()?, msg.payload(), PATIENCE)?;
        msg.reply(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;
    use skep_worker::{RequestError, SendError};

    #[derive(Default)]
    struct Shouter;

    impl Worker for Shouter {
        type Message = String;

        fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
            msg.reply(msg.body().to_uppercase())
        }
    }

    #[test]
    fn asks_whom_it_is_told_to() {
        let mut node = Node::new();
        node.start("caller", Caller).unwrap();
        node.start("shouter", Shouter).unwrap();
        node.configure("caller", "route", "shouter");
        assert_eq!(node.request("caller", "hello"), Ok("HELLO".to_string()));
    }

    #[test]
    fn says_why_there_is_no_answer() {
        let mut node = Node::new();
        node.start("caller", Caller).unwrap();
        let why = SendError::NoRoute("echoer".into()).to_string();
        assert_eq!(
            node.request::<String>("caller", "hello"),
            Err(RequestError::Rejected(why).into())
        );
    }
}
