//! A real Ockam node at the other end of a secure channel, in both roles: see `links::ockam`.

use skep::{Access, Node, Trust};
use skep_tests::Yard;

use crate::links::ockam::{Ockam, sends};

/// This node begins.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs SKEP_OCKAM_PEER"]
async fn skep_to_ockam() {
    let ockam = Ockam::serve();
    let yard = Yard::of(Node::builder().threads(2)).await;
    for route in ["secure", "hop,secure", "hop,hop,secure"] {
        let route = format!("1#{},{route}", ockam.1);
        let channel = yard.node.secure_channel(route.as_str(), Trust::everyone()).await.unwrap();
        for to in ["echoer", "hop,echoer"] {
            let to = format!("{},{to}", channel.address());
            for number in 0..100 {
                let text = format!("hello {number}");
                assert_eq!(yard.answer(&to, &text).await, text, "{route}");
            }
        }
        assert!(channel.close());
    }
}

/// Ockam begins.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs SKEP_OCKAM_PEER"]
async fn ockam_to_skep() {
    let yard = Yard::of(Node::builder().threads(2)).await;
    for (name, from) in [("echoer", "bare"), ("hop", "hop")] {
        yard.start_with(name, from, |options| options.access = Access::Peers).await;
    }
    yard.node.secure_channel_listener("secure", Trust::everyone()).await.unwrap();
    let at = yard.node.tcp().listen("127.0.0.1:0").await.unwrap().to_string();
    let many = ["--count", "500", "--bytes", "1024", "--outstanding", "8"];
    let said = sends("secure", &at, &many).await;
    assert!(said.contains("channel: I") && said.contains(r#""lost":0"#), "{said}");
    let all = yard.node.secure_channels();
    assert!(all.iter().all(|channel| channel.refused == 0), "{all:?}");
}
