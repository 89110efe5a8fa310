//! Panics with the text that it gets: the SDK's way of failing.

use skep_worker::prelude::*;

#[derive(Default)]
struct Panicker;

#[worker]
impl Worker for Panicker {
    type Message = String;

    fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
        panic!("{}", msg.body())
    }
}
