//! The workers that the examples share: values of this program, each printing
//! what passes.

use skep::{Context, Failure, Routed, Worker};

/// Prints what it got, and sends it back.
pub(crate) struct Echoer;

impl Worker for Echoer {
    type Message = String;

    async fn handle_message(
        &mut self,
        context: &mut Context,
        message: Routed<String>,
    ) -> Result<(), Failure> {
        println!(
            "{} got {:?}, to be answered along {:?}",
            context.address(),
            message.body(),
            message.return_route()
        );
        Ok(context.reply(message.body())?)
    }
}

/// Passes on whatever comes, and puts itself on the way back.
#[allow(dead_code, reason = "not every example has one")]
pub(crate) struct Hop;

impl Worker for Hop {
    type Message = Vec<u8>;

    async fn handle_message(
        &mut self,
        context: &mut Context,
        message: Routed<Vec<u8>>,
    ) -> Result<(), Failure> {
        println!("{} passes it on along {:?}", context.address(), message.onward_route());
        Ok(context.forward(skep::route![])?)
    }
}
