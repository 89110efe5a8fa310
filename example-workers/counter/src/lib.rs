//! Counts, and remembers the count across reloads and restarts.

use serde::{Deserialize, Serialize};
use skep_worker::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    count: i64,
}

#[worker(state)]
impl Worker for Counter {
    type Message = String;

    fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
        let step = step(msg.body())?;
        // Nothing changes unless the answer is accepted: a retry counts once.
        let count = self.count.checked_add(step).ok_or("the count has no room for that")?;
        msg.reply(count.to_string())?;
        self.count = count;
        Ok(())
    }
}

/// `get` adds nothing, `add N` adds N, and anything else counts as one.
fn step(command: &str) -> Result<i64> {
    match command.trim().split_once(' ') {
        None if command.trim() == "get" => Ok(0),
        Some(("add", number)) => Ok(number.trim().parse()?),
        _ => Ok(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;

    #[test]
    fn counts_on_after_a_reload() {
        let mut node = Node::new();
        node.start("counter", Counter::default()).unwrap();
        let mut ask = |command: &str| node.request::<String>("counter", command).unwrap();
        assert_eq!([ask("count"), ask("add 40"), ask("get")], ["1", "41", "41"]);
        node.reload("counter", Counter::default()).unwrap();
        assert_eq!(node.request("counter", "add -1"), Ok("40".to_string()));
    }

    #[test]
    fn refuses_what_is_no_number() {
        let mut node = Node::new();
        node.start("counter", Counter::default()).unwrap();
        assert!(node.request::<String>("counter", "add honey").is_err());
        assert_eq!(node.request("counter", "get"), Ok("0".to_string()));
    }
}
