//! Sends every message back, and logs what it got.

use skep_worker::prelude::*;

#[derive(Default)]
struct Echoer;

#[worker]
impl Worker for Echoer {
    // Whatever bytes: text and MessagePack and BARE alike.
    type Message = Any;

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        ctx.info(format!("{} got {}", ctx.address(), shown(msg.payload())));
        msg.reply(msg.payload())
    }
}

/// Text as text, and other bytes as hexadecimal digits.
fn shown(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) => format!("{text:?}"),
        Err(_) => payload.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_worker::testing::Node;

    #[test]
    fn sends_back_whatever_it_gets() {
        let mut node = Node::new();
        node.start("echoer", Echoer).unwrap();
        assert_eq!(node.request("echoer", "Hello Skep!"), Ok("Hello Skep!".to_string()));
        assert_eq!(node.request("echoer", b"\xff\x00"), Ok(b"\xff\x00".to_vec()));
        let logs: Vec<_> = node.logs().into_iter().map(|log| log.text).collect();
        assert_eq!(logs, ["echoer got \"Hello Skep!\"", "echoer got ff00"]);
    }
}
