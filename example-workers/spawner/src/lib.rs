//! Starts and stops other workers, and says when one of its own has stopped.

use skep_worker::prelude::*;

#[derive(Default)]
struct Spawner;

#[worker]
impl Worker for Spawner {
    type Message = String;

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        if let Origin::Node(Notice::Stopped(child, why)) = msg.sender() {
            ctx.info(format!("{child} has stopped: {why}"));
            return Ok(());
        }
        let words: Vec<&str> = msg.body().split_whitespace().collect();
        match words.as_slice() {
            ["start", component] => start(ctx, &msg, component, None),
            ["start", component, name] => start(ctx, &msg, component, Some(name)),
            ["stop", address] => {
                ctx.stop_worker(&address.parse()?)?;
                msg.reply("stopping")
            }
            _ => Err("say `start COMPONENT [NAME]` or `stop ADDRESS`".into()),
        }
    }
}

/// Starts a worker, watches it, and replies with its address.
fn start(ctx: &Context, msg: &Routed<String>, component: &str, name: Option<&str>) -> Result<()> {
    let child = ctx.start_worker(component, name, [])?;
    ctx.monitor(&child, "stopped")?;
    msg.reply(child.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;

    fn node() -> Node {
        let mut node = Node::new();
        node.component::<Spawner>("spawner");
        node.start("spawner", Spawner).unwrap();
        node
    }

    #[test]
    fn starts_and_stops_and_says_so() {
        let mut node = node();
        let mut ask = |command: &str| node.request::<String>("spawner", command).unwrap();
        assert_eq!(ask("start spawner one"), "spawner.one");
        assert_eq!(ask("stop spawner.one"), "stopping");
        assert_eq!(node.workers(), [Address::from("spawner")]);
        assert_eq!(node.logs()[0].text, "spawner.one has stopped: stopped");
    }

    #[test]
    fn a_child_without_a_name_gets_one() {
        let mut node = node();
        let child: String = node.request("spawner", "start spawner").unwrap();
        assert!(child.starts_with("spawner."));
        assert!(node.workers().contains(&child.into()));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let mut node = node();
        for command in ["", "start", "start honey", "stop echoer", "stop a#b"] {
            assert!(node.request::<String>("spawner", command).is_err(), "{command}");
        }
    }
}
