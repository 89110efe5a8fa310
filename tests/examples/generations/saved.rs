//! What it costs to save state with messages.

use skep::{Node, Save};
use skep_tests::Yard;
use skep_tests::times::{Times, title};
use tokio::time::Instant;

use crate::line;

const MESSAGES: usize = 5_000;

pub(crate) async fn saved() {
    title("an answer of a worker whose state is saved");
    let every = |messages: u32| Save::Every(messages.try_into().expect("not 0"));
    let policies = [
        ("handover", Save::Handover),
        ("every 10", every(10)),
        ("every message", Save::EveryMessage),
    ];
    for bytes in [16, 1_024, 65_536] {
        for (name, save) in policies {
            let yard = Yard::of(Node::builder().threads(2)).await;
            yard.start_with("k", "keeper", |options| options.save = save).await;
            yard.answer("k", &format!("set {}; reply", "x".repeat(bytes))).await;
            let mut times = Times::default();
            for _ in 0..MESSAGES {
                let began = Instant::now();
                yard.answer("k", "reply x").await;
                times.add(began.elapsed());
            }
            line(&format!("{bytes} bytes, {name}"), &times);
        }
    }
}
