//! Nodes that talk: routes through several of them, and who may reach whom.

mod access;
mod command;
mod faults;
mod files;
mod hostile;
pub(crate) mod ockam;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use skep::error::{RequestError, SendError};
use skep::{Access, LinkState, Network, Node};
use skep_tests::Yard;
use skep_tests::wait::until;

/// A node that listens, with an echoer and hops for others, and a worker for its own.
pub(crate) async fn host() -> (Yard, SocketAddr) {
    host_of(|builder| builder).await
}

pub(crate) async fn host_of(
    set: impl FnOnce(skep::NodeBuilder) -> skep::NodeBuilder,
) -> (Yard, SocketAddr) {
    let yard = Yard::of(set(Node::builder().threads(2))).await;
    for (name, from) in [("echoer", "bare"), ("puppet", "puppet"), ("hop", "hop")] {
        yard.start_with(name, from, |options| options.access = Access::Peers).await;
    }
    yard.start("inside", "puppet").await;
    let address = yard.node.tcp().listen("127.0.0.1:0").await.unwrap();
    (yard, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_by_another_node() {
    let (host, at) = host().await;
    let yard = Yard::new().await;
    assert_eq!(yard.answer(&format!("1#{at},echoer"), "hello").await, "hello");
    assert_eq!(yard.answer(&format!("1#{at},hop,hop,echoer"), "hello").await, "hello");
    // What has come is counted just after it was passed on.
    let both = || {
        let links = yard.node.tcp().links();
        (links.iter().map(|link| link.received).sum::<u64>() == 2).then_some(links)
    };
    let links = until("both answers have come", both).await;
    assert_eq!(links.len(), 1, "one link is used for both: {links:?}");
    assert_eq!((links[0].sent, links[0].received, links[0].refused), (2, 2, 0));
    assert_eq!(links[0].state, LinkState::Up);
    assert!(links[0].is_opened && links[0].address == format!("1#{at}").into());
    // The other side counts what has left just after it has.
    let look = || host.node.tcp().links().into_iter().find(|link| link.sent == 2);
    let theirs = until("both answers are counted", look).await;
    assert_eq!((theirs.received, theirs.is_opened), (2, false));
    assert_eq!(theirs.sent_bytes, links[0].received_bytes);
}

/// A plain message, its answer, and the answer to that, along the return routes.
#[tokio::test(flavor = "multi_thread")]
async fn return_routes_lead_there_and_back_again() {
    let (_host, at) = host().await;
    let mut yard = Yard::new().await;
    yard.start("h1", "hop").await;
    yard.send(&format!("h1,1#{at},echoer"), "one").await;
    let first = yard.receive().await;
    assert_eq!((first.body().as_str(), first.return_route().len()), ("one", 3));
    yard.app.send(first.return_route(), "two").await.unwrap();
    assert_eq!(yard.receive().await.body(), "two");
}

/// Out of a worker's own request, through a node between, and back.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_between_pass_messages_on() {
    let (_end, at_end) = host().await;
    let relay = Network::of([at_end.to_string()]).unwrap();
    let (between, at) = host_of(|builder| builder.relay(relay)).await;
    let yard = Yard::new().await;
    let network = Network::of([at.to_string()]).unwrap();
    yard.start_with("asker", "puppet", |options| options.network = network).await;
    yard.start("h1", "hop").await;
    for hops in ["", "hop,", "hop,hop,"] {
        let route = format!("1#{at},{hops}1#{at_end},{hops}echoer");
        assert_eq!(yard.answer(&route, "hello").await, "hello", "{route}");
        assert_eq!(yard.answer(&format!("h1,{route}"), "hello").await, "hello", "{route}");
        let asked = yard.answer("asker", &format!("request h1,{route} 5000 hello; reply")).await;
        assert_eq!(asked, "hello", "{route}");
    }
    assert_eq!(between.node.tcp().links().len(), 3);
}

/// Ten thousand messages, one way and back, in the order in which they were sent.
#[tokio::test(flavor = "multi_thread")]
async fn order_is_kept_under_load() {
    let (_host, at) = host().await;
    let mut yard = Yard::new().await;
    let to = format!("1#{at},echoer");
    let mut app = yard.node.app();
    let sending = tokio::spawn(async move {
        for number in 0..10_000_u32 {
            while let Err(why) = app.send(to.as_str(), number.to_string()).await {
                assert!(matches!(why, SendError::MailboxFull(_)), "{why}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        app.send(to.as_str(), "end").await.unwrap();
        _ = &mut app;
    });
    for number in 0..10_000_u32 {
        assert_eq!(*yard.receive().await.body(), number.to_string());
    }
    assert_eq!(yard.receive().await.body(), "end");
    sending.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_wait_at_a_time() {
    let (_host, at) = host().await;
    let yard = Yard::new().await;
    let to = format!("1#{at},echoer");
    let all: Vec<_> = (0..200_u32)
        .map(|number| {
            let (app, to) = (yard.app.clone(), to.clone());
            tokio::spawn(async move {
                for turn in 0..20_u32 {
                    let sent = format!("{number}.{turn}");
                    let answer: String = app.send_and_receive(to.as_str(), &sent).await.unwrap();
                    assert_eq!(answer, sent);
                }
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_pass_and_larger_ones_do_not() {
    let (_host, at) = host().await;
    let yard = Yard::new().await;
    let to = format!("1#{at},echoer");
    let large = "x".repeat(1 << 20);
    assert_eq!(yard.answer(&to, &large).await.len(), large.len());
    let larger = yard.app.send(to.as_str(), vec![0_u8; (1 << 20) + 1]).await;
    assert_eq!(larger, Err(SendError::TooLarge(1 << 20)));
}

/// Nobody listens: who asks is told at once, what was only sent becomes a dead letter, and
/// once somebody does listen the next message gets through.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_told() {
    let yard = Yard::new().await;
    let at = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let to = format!("1#{at},echoer");
    let outcome = yard.ask(&to, "hello").await;
    let Err(RequestError::Dropped(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains(&format!("1#{at} cannot be reached")), "{why}");
    yard.send(&to, "hello").await;
    let letter = yard.letter("cannot be reached").await;
    assert_eq!((letter.to, letter.payload), (format!("1#{at}").as_str().into(), "hello".into()));
    let host = Yard::new().await;
    host.start_with("echoer", "bare", |options| options.access = Access::Peers).await;
    host.node.tcp().listen(&at.to_string()).await.unwrap();
    assert_eq!(yard.answer(&to, "again").await, "again");
    for bad in ["1#nowhere", "1#::1:4000,x", "1#127.0.0.1:0", "2#127.0.0.1:4000"] {
        let refused = yard.app.send(bad, "x").await.unwrap_err();
        assert!(
            matches!(refused, SendError::Denied(_) | SendError::NoRoute(_)),
            "{bad}: {refused}"
        );
    }
}

/// The other node goes in the middle of a request, comes back, and is reached again.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_lost_is_told_and_opened_again() {
    let (mut host, at) = host().await;
    let yard = Yard::new().await;
    host.block("puppet").await;
    let (app, to) = (yard.app.clone(), format!("1#{at},puppet"));
    let asking =
        tokio::spawn(async move { app.send_and_receive::<String>(to.as_str(), "reply").await });
    until("the message is there", || {
        host.status("puppet").filter(|puppet| puppet.mailbox_messages == 2)
    })
    .await;
    host.node.stop_now().await;
    let outcome = asking.await.unwrap();
    let Err(RequestError::Dropped(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("was lost"), "{why}");
    let next = Yard::new().await;
    next.start_with("puppet", "puppet", |options| options.access = Access::Peers).await;
    next.node.tcp().listen(&at.to_string()).await.unwrap();
    assert_eq!(yard.answer(&format!("1#{at},puppet"), "recipient; reply").await, "puppet");
    assert_eq!(yard.node.tcp().links()[0].connections, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_has_a_name_or_an_address_of_either_kind() {
    let (host, at) = host().await;
    let yard = Yard::new().await;
    let port = at.port();
    assert_eq!(yard.answer(&format!("1#localhost:{port},echoer"), "a").await, "a");
    if let Ok(v6) = host.node.tcp().listen("[::1]:0").await {
        assert_eq!(yard.answer(&format!("1#[::1]:{},echoer", v6.port()), "b").await, "b");
    }
    let link = yard.node.tcp().connect(&at.to_string()).await.unwrap();
    let route = skep::route![link, "echoer"];
    let answer: String = yard.app.send_and_receive(route, "c").await.unwrap();
    assert_eq!(answer, "c");
    assert!(yard.node.tcp().connect("127.0.0.1:1").await.is_err());
    assert!(yard.node.tcp().connect("nonsense").await.is_err());
    assert!(yard.node.tcp().listen(&at.to_string()).await.is_err());
}
