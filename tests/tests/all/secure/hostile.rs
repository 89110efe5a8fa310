//! Strangers at the listener: each of them costs little, and keeps nobody else out.

use std::net::SocketAddr;
use std::time::Duration;

use skep::{Node, SecureChannel, Trust};
use skep_protocol::frame::{VERSION, encode};
use skep_protocol::{Route, route};
use skep_tests::Yard;
use skep_tests::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{host, identity, open, somebody, trust};

fn first_message(payload: &[u8], out: &mut Vec<u8>) {
    encode(&route!["secure"], &route!["nobody"], payload, out).unwrap();
}

/// Thousands of first messages that nobody goes on with: the one who means it gets a channel.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_handshakes_keeps_nobody_out() {
    let (host, at) = host().await;
    let mut streams = Vec::new();
    for number in 0..20_u8 {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let mut out = vec![VERSION];
        for _ in 0..200 {
            first_message(&[number + 9; 32], &mut out);
        }
        stream.write_all(&out).await.unwrap();
        streams.push(stream);
    }
    let yard = somebody(2).await;
    for _ in 0..3 {
        let channel = open(&yard, &format!("1#{at},secure")).await;
        let to = format!("{},echoer", channel.address());
        assert_eq!(yard.answer(&to, "hello").await, "hello");
        channel.close();
    }
    until("those beyond the bound are refused", || {
        (host.node.secure_refused() > 0 || host.node.tcp().refused() > 0).then_some(())
    })
    .await;
}

/// What is no handshake is refused, whatever it is, and all-zero keys are none.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_handshake_is_refused() {
    let (host, at) = host().await;
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut out = vec![VERSION];
    let bad: [&[u8]; 5] = [b"", &[1; 31], &[0; 32], &[3; 2_000], &[7; 100_000]];
    for payload in bad {
        first_message(payload, &mut out);
    }
    // Along no way back there is nobody to answer.
    encode(&route!["secure"], &Route::new(), &[9; 32], &mut out).unwrap();
    stream.write_all(&out).await.unwrap();
    let refused = || {
        let all = host.node.secure_refused() + host.node.tcp().refused();
        (all >= bad.len() as u64).then_some(())
    };
    until("all are refused", refused).await;
    let yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    assert_eq!(yard.answer(&format!("{},echoer", channel.address()), "hi").await, "hi");
}

/// A stranger who writes to the ends of a channel, as if it were the other end.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_opens_only_what_the_other_end_has_sealed() {
    let (host, at) = host().await;
    let yard = somebody(2).await;
    let channel = open(&yard, &format!("1#{at},secure")).await;
    let to = format!("{},echoer", channel.address());
    assert_eq!(yard.answer(&to, "hello").await, "hello");
    let way = yard.node.secure_channels()[0].way.clone();
    let theirs = way.iter().last().unwrap().clone();
    let stranger = skep_tests::Yard::new().await;
    for bytes in [0, 1, 30, 100, 10_000] {
        let route = route![format!("1#{at}"), &theirs];
        stranger.app.send(route, vec![5_u8; bytes]).await.unwrap();
    }
    until("all are refused", || (host.node.secure_channels()[0].refused == 5).then_some(())).await;
    // Its own address is nobody's who was not shown it: what is sent there would be sealed.
    let own = host.node.secure_channels()[0].address.clone();
    let route = route![format!("1#{at}"), own, "app"];
    let short = Duration::from_millis(200);
    let asked = stranger.app.send_and_receive_within::<String>(route, "hello", short).await;
    assert!(asked.is_err());
    assert_eq!(yard.answer(&to, "hello").await, "hello", "the channel goes on");
}

/// A node on a folder with these settings, that is number 1 and trusts these.
async fn host_with(settings: &str, trust: Trust) -> (Yard, SocketAddr, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("node.toml"), settings).unwrap();
    let builder = Node::builder().threads(2).directory(home.path()).identity(identity(1));
    let yard = Yard::of(builder).await;
    yard.node.secure_channel_listener("secure", trust).await.unwrap();
    let at = yard.node.tcp().listen("127.0.0.1:0").await.unwrap();
    (yard, at, home)
}

/// So many nodes of one host open a channel each; says how many have one at the other end.
async fn open_channels(of: usize, at: SocketAddr) -> Vec<(Yard, SecureChannel)> {
    let mut all = Vec::new();
    for number in 0..of {
        let yard = somebody(2).await;
        let channel = yard.node.secure_channel(format!("1#{at},secure"), trust(&[1])).await;
        let Ok(channel) = channel else { panic!("channel {number}: {channel:?}") };
        all.push((yard, channel));
    }
    all
}

/// Nodes behind one address that have proved who they are do not share what is one host's.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_trusted_does_not_count_for_its_host() {
    let settings = "[links]\npeers = 6\npeers-of-host = 2";
    let (host, at, _home) = host_with(settings, trust(&[2])).await;
    let mut channels = Vec::new();
    for open in 1..=4 {
        channels.extend(open_channels(1, at).await);
        let has_proved = || (host.node.secure_channels().len() == open).then_some(());
        until("it has proved who it is", has_proved).await;
    }
    let mut strangers =
        [TcpStream::connect(at).await.unwrap(), TcpStream::connect(at).await.unwrap()];
    for stranger in &mut strangers {
        stranger.write_all(&[VERSION]).await.unwrap();
    }
    until("all have places", || (host.node.tcp().links().len() == 6).then_some(())).await;
    assert_eq!(host.node.tcp().turned_away(), 0);
}

/// What is proved of a link holds as long as the channel that proves it.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_whose_channel_is_closed_counts_for_its_host_again() {
    let settings = "[links]\npeers = 6\npeers-of-host = 2";
    let (host, at, _home) = host_with(settings, trust(&[2])).await;
    let mut kept = Vec::new();
    for _ in 0..2 {
        let (yard, channel) = open_channels(1, at).await.remove(0);
        let are = |many| (host.node.secure_channels().len() == many).then_some(());
        until("it has proved who it is", || are(1)).await;
        channel.close();
        until("the other end has heard of it", || are(0)).await;
        kept.push(yard);
    }
    let third = somebody(2).await;
    let opened = third.node.secure_channel(format!("1#{at},secure"), trust(&[1])).await;
    assert!(opened.is_err(), "{opened:?}");
    assert!(host.node.tcp().turned_away() > 0);
}

/// Where everyone is trusted, an identity is nothing that a host would not have.
#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_anybody_can_make_proves_nothing() {
    let settings = "[links]\npeers = 6\npeers-of-host = 2";
    let (host, at, _home) = host_with(settings, Trust::everyone()).await;
    let _channels = open_channels(2, at).await;
    let third = somebody(2).await;
    let opened = third.node.secure_channel(format!("1#{at},secure"), trust(&[1])).await;
    assert!(opened.is_err(), "{opened:?}");
    assert!(host.node.tcp().turned_away() > 0);
}
