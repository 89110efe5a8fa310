//! Passes every message on along its own way, as Ockam's hop does.

use skep_worker::prelude::*;

#[derive(Default)]
struct Hop;

#[worker]
impl Worker for Hop {
    type Message = Any;

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        ctx.info(format!("a message passes {}", ctx.address()));
        msg.forward()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;

    #[test]
    fn is_on_the_way_there_and_back() {
        let mut node = Node::new();
        node.start("h1", Hop).unwrap();
        node.start("h2", Hop).unwrap();
        node.stand_in("echoer");
        node.send("h1,h2,echoer", "hello").unwrap();
        let there = node.received("echoer").remove(0);
        assert_eq!(there.return_route, route!["h2", "h1", "app"]);
        node.send(there.return_route, there.payload).unwrap();
        assert_eq!(node.received("app")[0].body(), Ok("hello".to_string()));
        let logs: Vec<_> = node.logs().into_iter().map(|log| log.address).collect();
        assert_eq!(logs, ["h1", "h2", "h2", "h1"].map(Address::from));
    }
}
