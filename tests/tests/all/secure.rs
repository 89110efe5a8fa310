//! Secure channels: two nodes that know who the other is, whatever lies between.

mod command;
mod faults;
mod hostile;
mod ockam;

use std::net::SocketAddr;
use std::time::Duration;

use skep::error::{RequestError, SecureError, SendError};
use skep::{Access, Identity, Network, Node, SecureChannel, Seed, Trust};
use skep_tests::Yard;
use skep_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Somebody whom the tests know.
pub(crate) fn identity(number: u8) -> Identity {
    let [key, channels] = [number, number + 100].map(|byte| Seed::new([byte; 32]));
    Identity::create(key, channels, 1_790_000_000).expect("a time that is past")
}

pub(crate) fn trust(numbers: &[u8]) -> Trust {
    Trust::only(numbers.iter().map(|number| identity(*number).identifier()))
}

/// A node that is somebody.
pub(crate) async fn somebody(number: u8) -> Yard {
    Yard::of(Node::builder().threads(2).identity(identity(number))).await
}

/// Number 1, who lets 2 open channels: with workers for 2, for every node, and for its own.
pub(crate) async fn host() -> (Yard, SocketAddr) {
    let yard = somebody(1).await;
    let two = || Access::from_iter([identity(2).identifier()]);
    yard.start_with("echoer", "bare", |options| options.access = two()).await;
    yard.start_with("puppet", "puppet", |options| options.access = two()).await;
    yard.start_with("hop", "hop", |options| options.access = Access::Peers).await;
    yard.start("inside", "puppet").await;
    yard.node.secure_channel_listener("secure", trust(&[2])).await.unwrap();
    let at = yard.node.tcp().listen("127.0.0.1:0").await.unwrap();
    (yard, at)
}

pub(crate) async fn open(from: &Yard, route: &str) -> SecureChannel {
    let opened = from.node.secure_channel(route, trust(&[1])).await;
    opened.unwrap_or_else(|why| panic!("{route}: {why}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_travel_both_ways() {
    let (host, at) = host().await;
    let mut yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    assert_eq!(*channel.peer(), identity(1).identifier());
    let to = |rest: &str| format!("{},{rest}", channel.address());
    for route in ["echoer", "hop,echoer", "hop,hop,hop,echoer"] {
        assert_eq!(yard.answer(&to(route), "hello").await, "hello", "{route}");
    }
    // Plain messages, their answers, and the answers to those.
    yard.send(&to("echoer"), "one").await;
    let first = yard.receive().await;
    assert_eq!(first.body(), "one");
    yard.app.send(first.return_route(), "two").await.unwrap();
    assert_eq!(yard.receive().await.body(), "two");
    let theirs = host.node.secure_channels();
    assert_eq!(theirs.len(), 1);
    assert_eq!((theirs[0].identity, theirs[0].is_opened), (identity(2).identifier(), false));
    assert_eq!((theirs[0].refused, theirs[0].lost), (0, 0), "{theirs:?}");
}

/// The first message of a handshake is lost on a node between, which says nothing of it: it is sent
/// again before the time is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_beginning_is_sent_again() {
    let between = Node::builder().threads(2).relay(Network::of(["127.0.0.1:*"]).unwrap());
    let between = Yard::of(between).await;
    let by = between.node.tcp().listen("127.0.0.1:0").await.unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let near = somebody(2).await;
    let route = format!("1#{by},1#{free},secure");
    let opening = near.node.secure_channel(route.as_str(), trust(&[1]));
    let far = async {
        let lost = || between.node.tcp().links().iter().any(|link| link.lost > 0).then_some(());
        until("the first one is lost", lost).await;
        let far = somebody(1).await;
        far.start_with("echoer", "bare", |options| options.access = Access::Peers).await;
        far.node.secure_channel_listener("secure", trust(&[2])).await.unwrap();
        far.node.tcp().listen(&free.to_string()).await.unwrap();
        far
    };
    let (channel, far) = tokio::join!(opening, far);
    let to = format!("{},echoer", channel.unwrap().address());
    assert_eq!(near.answer(&to, "hello").await, "hello");
    assert_eq!(far.node.secure_channels().len(), 1);
}

/// What a worker sees of the other end, and what the other end sees of it.
#[tokio::test(flavor = "multi_thread")]
async fn each_end_knows_who_the_other_is() {
    let (mut host, at) = host().await;
    let mut yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    let two = format!("Origin::Identity(\"{}\")", identity(2).identifier());
    for route in ["puppet", "hop,puppet"] {
        let sender = yard.answer(&format!("{},{route}", channel.address()), "sender; reply").await;
        assert_eq!(sender, two, "{route}");
    }
    yard.send(&format!("{},echoer", channel.address()), "hello").await;
    let sender = yard.receive().await.sender().to_string();
    assert_eq!(sender, identity(1).identifier().to_string());
    // What a worker says itself is its own word, whoever it has that from.
    yard.send(&format!("{},puppet,inside", channel.address()), "forward - {sender; tell app}")
        .await;
    assert_eq!(host.receive().await.body(), "Origin::Worker(\"puppet\")");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_for_who_has_proved_it() {
    let (host, at) = host().await;
    host.start_with("three-s", "bare", |options| {
        options.access = Access::from_iter([identity(3).identifier()]);
    })
    .await;
    let yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    for refused in ["inside", "three-s", "app"] {
        let short = Duration::from_millis(200);
        let to = format!("{},{refused}", channel.address());
        let asked = yard.app.send_and_receive_within::<String>(to.as_str(), "hello", short).await;
        assert_eq!(asked, Err(RequestError::Timeout), "{refused}");
    }
    // Without a channel the same node proves nothing.
    for refused in ["echoer", "inside"] {
        let short = Duration::from_millis(200);
        let to = format!("1#{at},{refused}");
        let asked = yard.app.send_and_receive_within::<String>(to.as_str(), "hello", short).await;
        assert_eq!(asked, Err(RequestError::Timeout), "{refused}");
    }
    assert_eq!(yard.answer(&format!("{},echoer", channel.address()), "hello").await, "hello");
    assert_eq!(host.node.secure_channels()[0].refused, 3);
}

/// G8.8.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_who_is_not_named() {
    let (host, at) = host().await;
    let route = format!("1#{at},secure");
    // The initiator names whom it expects.
    let two = somebody(2).await;
    let refused = two.node.secure_channel(route.as_str(), trust(&[3])).await;
    let why = format!("{} is not trusted", identity(1).identifier());
    assert_eq!(refused.map(|_| ()), Err(SecureError::Refused(why)));
    let refused = two.node.secure_channel(route.as_str(), Trust::default()).await;
    assert!(matches!(refused, Err(SecureError::Refused(_))), "nobody by default");
    // A worker is no listener, whatever it answers.
    host.start_with("open", "bare", |options| options.access = Access::Peers).await;
    let refused = two.node.secure_channel(format!("1#{at},open"), trust(&[1])).await;
    assert_eq!(refused.map(|_| ()), Err(SecureError::NoListener));
    // The other end refuses number 3, who cannot know: nothing that it sends arrives.
    let three = somebody(3).await;
    let channel = open(&three, &route).await;
    let to = format!("{},echoer", channel.address());
    let short = Duration::from_millis(300);
    let asked = three.app.send_and_receive_within::<String>(to.as_str(), "hello", short).await;
    assert_eq!(asked, Err(RequestError::Timeout));
    assert_eq!(host.node.secure_channels().len(), 0);
    assert!(host.node.secure_refused() >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_is_told_at_once() {
    let yard = somebody(2).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let began = std::time::Instant::now();
    for route in [format!("1#{closed},secure"), "nobody".into(), "1#nowhere.invalid:1,x".into()] {
        let opened = yard.node.secure_channel(route.as_str(), trust(&[1])).await;
        assert!(matches!(opened, Err(SecureError::Unreachable(_))), "{route}: {opened:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "not by giving up");
}

/// The link is lost after the first message of the handshake: nobody waits for the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_ends_with_its_link() {
    let yard = somebody(2).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let cuts = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[1]).await.unwrap();
        // A greeting, and the beginning of a frame.
        stream.read_exact(&mut [0; 64]).await.unwrap();
    });
    let opened = yard.node.secure_channel(format!("1#{at},secure").as_str(), trust(&[1])).await;
    cuts.await.unwrap();
    let Err(SecureError::Unreachable(why)) = opened else { panic!("{opened:?}") };
    assert!(why.contains("was lost"), "{why}");
}

/// Nodes between, a channel within a channel, and one that comes back to this node.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_does_not_matter() {
    let (host, at) = host().await;
    let between =
        Yard::of(Node::builder().threads(2).relay(Network::of([at.to_string()]).unwrap())).await;
    between.start_with("hop", "hop", |options| options.access = Access::Peers).await;
    let at_between = between.node.tcp().listen("127.0.0.1:0").await.unwrap();
    let yard = somebody(2).await;
    yard.start("h1", "hop").await;
    for route in [
        format!("1#{at_between},1#{at},secure"),
        format!("h1,1#{at_between},hop,hop,1#{at},hop,secure"),
    ] {
        let channel = open(&yard, &route).await;
        let to = format!("{},echoer", channel.address());
        assert_eq!(yard.answer(&to, "hello").await, "hello", "{route}");
        assert_eq!(yard.answer(&format!("h1,{to}"), "hello").await, "hello", "{route}");
    }
    let outer = open(&yard, &format!("1#{at},secure")).await;
    let inner = open(&yard, &format!("{},secure", outer.address())).await;
    assert_eq!(yard.answer(&format!("{},hop,echoer", inner.address()), "in").await, "in");
    // Both ends on one node.
    let own = host.node.secure_channel("secure", trust(&[1])).await.unwrap();
    let asked = host.app.send_and_receive_within::<String>(
        skep::route![own.address(), "echoer"],
        "hello",
        Duration::from_millis(300),
    );
    assert_eq!(asked.await, Err(RequestError::Timeout), "1 does not trust itself");
}

/// More than rekeying takes and more than the window, in order, with long ones between.
#[tokio::test(flavor = "multi_thread")]
async fn order_is_kept_under_load() {
    let (_host, at) = host().await;
    let mut yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    let to = format!("{},echoer", channel.address());
    let app = yard.node.app();
    let text = |number: u32| {
        let long = if number.is_multiple_of(500) { 200_000 } else { 0 };
        format!("{number}{}", " ".repeat(long))
    };
    let sending = tokio::spawn(async move {
        for number in 0..5_000_u32 {
            while let Err(why) = app.send(to.as_str(), text(number)).await {
                assert!(matches!(why, SendError::MailboxFull(_)), "{why}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    for number in 0..5_000_u32 {
        assert_eq!(yard.receive().await.body().trim_end(), number.to_string());
    }
    sending.await.unwrap();
    let all = yard.node.secure_channels();
    assert_eq!((all[0].sent, all[0].lost, all[0].refused), (5_000, 0, 0));
}

/// The largest message fits, and one that is larger does not.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_message_passes() {
    let (_host, at) = host().await;
    let yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    let to = format!("{},hop,hop,echoer", channel.address());
    let largest = "x".repeat(1 << 20);
    assert_eq!(yard.answer(&to, &largest).await, largest);
    let asked = yard.ask(&to, &"x".repeat((1 << 20) + 1)).await;
    assert_eq!(asked, Err(RequestError::Send(SendError::TooLarge(1 << 20))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_closed_by_either_end() {
    let (host, at) = host().await;
    let yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    let to = format!("{},echoer", channel.address());
    assert_eq!(yard.answer(&to, "hello").await, "hello");
    assert!(channel.close() && !channel.close());
    assert_eq!(
        yard.failure(&to, "hello").await,
        format!("no worker has the address `{}`", channel.address())
    );
    until("the other end has closed it, too", || {
        host.node.secure_channels().is_empty().then_some(())
    })
    .await;
    // The other way about; whoever waits for an answer is told.
    let channel = open(&yard, &format!("1#{at},secure")).await;
    let silent = format!("{},puppet", channel.address());
    let app = yard.node.app();
    let asking =
        tokio::spawn(async move { app.send_and_receive::<String>(silent.as_str(), "").await });
    until("it is asked", || {
        let all = host.node.secure_channels();
        all.first().is_some_and(|channel| channel.received == 1).then_some(())
    })
    .await;
    host.node.stop_now().await;
    let why = asking.await.unwrap().unwrap_err().to_string();
    assert!(why.contains("secure channel is closed"), "{why}");
    assert!(yard.node.secure_channels().is_empty());
}

/// The connection is lost and comes back: the channel goes on, whoever waited is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_outlives_its_connection() {
    let (host, at) = host().await;
    let proxy = faults::Cutting::before(at).await;
    let yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{},secure", proxy.at)).await;
    let to = format!("{},echoer", channel.address());
    assert_eq!(yard.answer(&to, "one").await, "one");
    let silent = format!("{},puppet", channel.address());
    let app = yard.node.app();
    let asking =
        tokio::spawn(async move { app.send_and_receive::<String>(silent.as_str(), "").await });
    until("it is asked", || (host.node.secure_channels()[0].received == 2).then_some(())).await;
    proxy.cut();
    let why = asking.await.unwrap().unwrap_err().to_string();
    assert!(why.contains("the link that the secure channel goes by was lost"), "{why}");
    assert_eq!(yard.answer(&to, "two").await, "two", "over another connection");
    assert_eq!(host.node.secure_channels().len(), 1, "through the same channel");
}

/// G8.15: who has an identity may have several channels. Each is its own: what is asked by one is
/// answered by it, and closing one closes no other.
#[tokio::test(flavor = "multi_thread")]
async fn one_identity_may_have_several_channels() {
    let (host, at) = host().await;
    let (one, other) = (somebody(2).await, somebody(2).await);
    let channels = [
        open(&one, &format!("1#{at},secure")).await,
        open(&other, &format!("1#{at},secure")).await,
    ];
    let routes = channels.each_ref().map(|channel| format!("{},echoer", channel.address()));
    for number in 0..50 {
        let said = [format!("one {number}"), format!("other {number}")];
        let answers =
            tokio::join!(one.answer(&routes[0], &said[0]), other.answer(&routes[1], &said[1]));
        assert_eq!([answers.0, answers.1], said);
    }
    let received = |channel: &skep::ChannelStatus| channel.received;
    let theirs = host.node.secure_channels();
    assert_eq!(theirs.iter().map(received).collect::<Vec<_>>(), [50, 50]);
    assert!(channels[0].close());
    let is_one = || (host.node.secure_channels().len() == 1).then_some(());
    until("one of them is closed", is_one).await;
    assert_eq!(other.answer(&routes[1], "still").await, "still");
}
