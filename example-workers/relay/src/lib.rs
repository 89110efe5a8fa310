//! Passes messages on along the way that its configuration names.

use skep_worker::prelude::*;

#[derive(Default)]
struct Relay;

#[worker]
impl Worker for Relay {
    type Message = Any;

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        // Forwarding puts the relay on the return route, so that answers come by here
        // again; they have their own way to go.
        if !msg.onward_route().is_empty() {
            return msg.forward();
        }
        let way = ctx.config("route").ok_or("the manifest's [config] has no `route`")?;
        msg.forward_via(way.parse::<Route>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;

    fn node() -> Node {
        let mut node = Node::new();
        node.start("relay", Relay).unwrap();
        node.stand_in("h1");
        node
    }

    #[test]
    fn goes_its_own_way_and_answers_come_back() {
        let mut node = node();
        node.configure("relay", "route", "h1,echoer");
        node.send("relay", "hello").unwrap();
        let there = node.received("h1").remove(0);
        assert_eq!(
            (there.onward_route, &there.return_route),
            (route!["echoer"], &route!["relay", "app"])
        );
        node.send(there.return_route, "hello back").unwrap();
        assert_eq!(node.received("app")[0].body(), Ok("hello back".to_string()));
    }

    #[test]
    fn needs_a_way() {
        let mut node = node();
        assert!(node.request::<String>("relay", "hello").is_err());
        assert_eq!(node.failures().len(), 1);
    }
}
