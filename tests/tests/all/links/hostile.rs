//! Peers that mean no good: group G7 of the threats, and those of links.

use std::time::{Duration, Instant};

use skep::{Access, Network, Node};
use skep_tests::wait::{soon, until};
use skep_tests::{Yard, process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::wire::{frame, greeted, is_closed, read_frame};
use super::{host, host_of};

async fn refused(host: &Yard, count: u64) {
    let look = || {
        let links = host.node.tcp().links();
        (links.iter().map(|link| link.refused).sum::<u64>() >= count).then_some(())
    };
    until(&format!("{count} refused messages"), look).await;
}

/// A node on a folder with these settings, and an echoer for others.
async fn host_with(settings: &str) -> (Yard, std::net::SocketAddr, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("node.toml"), settings).unwrap();
    let yard = Yard::of(Node::builder().threads(2).directory(home.path())).await;
    yard.start_with("echoer", "bare", |options| options.access = Access::Peers).await;
    let at = yard.node.tcp().listen("127.0.0.1:0").await.unwrap();
    (yard, at, home)
}

/// G7.1, G7.9: both routes together count, whatever a peer says of the way it has come.
#[tokio::test(flavor = "multi_thread")]
async fn g7_1_routes_that_go_round_are_refused() {
    let (host, at) = host().await;
    let mut peer = greeted(at).await;
    let hops = |count: usize| ["hop"; 32][..count].join(",");
    peer.write_all(&frame(&format!("{},echoer", hops(20)), "a,b,c,d,e,f,g,h,i,j,k", "x"))
        .await
        .unwrap();
    refused(&host, 1).await;
    assert_eq!(host.status("hop").unwrap().handled, 0);
    peer.write_all(&frame(&format!("{},echoer", hops(20)), "a,b,c,d,e,f,g,h,i,j", "x"))
        .await
        .unwrap();
    read_frame(&mut peer).await;
    assert_eq!(host.status("hop").unwrap().handled, 40);
}

/// Two nodes, `l` on the one and `r` on the other, which may write to each other: what has to be
/// done for each message that `l` gets is the script that comes with it.
async fn two_nodes() -> (Yard, Yard, [std::net::SocketAddr; 2]) {
    let anywhere = Network::of(["127.0.0.1:*"]).unwrap();
    let (left, at_left) = host_of(|builder| builder.relay(anywhere.clone())).await;
    let (right, at_right) = host_of(|builder| builder.relay(anywhere.clone())).await;
    for (yard, name) in [(&left, "l"), (&right, "r")] {
        let network = anywhere.clone();
        yard.start_with(name, "puppet", |options| {
            options.access = Access::Peers;
            options.network = network;
        })
        .await;
    }
    (left, right, [at_left, at_right])
}

fn handled_by_both(left: &Yard, right: &Yard) -> u64 {
    let handled = |yard: &Yard, name| yard.status(name).map_or(0, |status| status.handled);
    handled(left, "l") + handled(right, "r")
}

/// G7.2: two workers that forward to each other, on two nodes.
#[tokio::test(flavor = "multi_thread")]
async fn g7_2_two_that_forward_to_each_other_come_to_an_end() {
    let (left, right, [at_left, at_right]) = two_nodes().await;
    let script = format!("at l {{forward 1#{at_right},r}}; at r {{forward 1#{at_left},l}}");
    left.send("l", &script).await;
    let all = || handled_by_both(&left, &right);
    // Each adds itself and its link to the way back.
    until("it has gone round", || (all() >= 15).then_some(())).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!((15..=17).contains(&all()), "{}", all());
}

/// G7.4: the same, twice each time. How far one message can go bounds how many it can become, and
/// what mailboxes and links hold bounds how many there are at once; others are not kept waiting.
#[tokio::test(flavor = "multi_thread")]
async fn g7_4_what_multiplies_comes_to_an_end() {
    let (left, right, [at_left, at_right]) = two_nodes().await;
    let twice = |to: String| format!("{{repeat 2 {{forward {to}}}}}");
    let (there, back) = (format!("1#{at_right},r"), format!("1#{at_left},l"));
    left.send("l", &format!("at l {}; at r {}", twice(there), twice(back))).await;
    let (mut before, mut asked) = (0, 0);
    loop {
        assert_eq!(left.answer("echoer", "hi").await, "hi");
        asked += 1;
        if asked % 100 == 0 {
            let queued = left.node.tcp().links().into_iter().map(|link| link.queued);
            assert!(queued.max() <= Some(1_024), "more than a link holds");
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = handled_by_both(&left, &right);
            if std::mem::replace(&mut before, now) == now {
                break;
            }
        }
    }
    assert!((15..1 << 17).contains(&before), "{before}");
    println!("one message became {before}; {asked} echoes beside them");
}

/// G7.5: the way back begins with the link, whatever a peer writes there.
#[tokio::test(flavor = "multi_thread")]
async fn g7_5_answers_go_to_who_has_asked() {
    let (host, at) = host().await;
    let victim = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let third = victim.local_addr().unwrap();
    let mut peer = greeted(at).await;
    for back in [format!("1#{third},x"), "inside".into(), "app".into()] {
        peer.write_all(&frame("echoer", &back, "hi")).await.unwrap();
        assert_eq!(read_frame(&mut peer).await, frame(&back, "echoer", "hi"));
    }
    let reached = tokio::time::timeout(Duration::from_millis(50), victim.accept()).await;
    assert!(reached.is_err());
    assert_eq!(host.status("inside").unwrap().handled, 0);
}

/// G7.7: what is for nobody is counted, slowed down, and costs others nothing.
#[tokio::test(flavor = "multi_thread")]
async fn g7_7_messages_for_nobody_are_cheap_and_slowed_down() {
    let (host, at) = host().await;
    let flood: Vec<u8> = (0..50_000).flat_map(|_| frame("nobody", "me", "x")).collect();
    let mut peer = greeted(at).await;
    let began = Instant::now();
    let flooding = tokio::spawn(async move {
        peer.write_all(&flood).await.unwrap();
        peer
    });
    let mut other = greeted(at).await;
    other.write_all(&frame("echoer", "me", "hi")).await.unwrap();
    read_frame(&mut other).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let _peer = flooding.await.unwrap();
    refused(&host, 50_000).await;
    // The first 20,000 at once, the rest at as many a second.
    assert!(began.elapsed() > Duration::from_millis(1_000), "{:?}", began.elapsed());
    assert_eq!(host.node.dead_letter_count(), 0);
}

/// Frames without a way are slowed down as messages for nobody are: four links full of them would
/// keep all threads busy otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn empty_frames_are_slowed_down() {
    let (_host, at) = host().await;
    let mut peer = greeted(at).await;
    let mut flood = [0, 0, 0, 4, 0x83, 0x80, 0x80, 0x40].repeat(50_000);
    flood.extend(frame("echoer", "me", "hi"));
    let began = Instant::now();
    let (mut reads, mut writes) = peer.split();
    let (written, ()) = tokio::join!(writes.write_all(&flood), async {
        let answer = soon("an answer", reads.read_u32()).await.unwrap();
        assert!(answer > 4);
    });
    written.unwrap();
    assert!(began.elapsed() > Duration::from_millis(1_000), "{:?}", began.elapsed());
}

/// A list that has as many links as it may gives up the one that was used least, so that nobody
/// keeps all of them for good.
#[tokio::test(flavor = "multi_thread")]
async fn an_unused_link_gives_way_to_another_of_its_list() {
    const LINKS: usize = 64;
    let (host, at, _home) =
        host_with("[node]\nrelay = [\"127.0.0.1:*\"]\n[links]\nidle = \"2s\"").await;
    let mut ports = Vec::new();
    for _ in 0..=LINKS {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        ports.push(listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(&[1]).await.unwrap();
            // It reads, and says nothing more.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.unwrap();
        });
    }
    let mut peer = greeted(at).await;
    let to = |port| frame(&format!("1#{port},x"), "me", "hi");
    let last = ports.pop().unwrap();
    for port in ports {
        peer.write_all(&to(port)).await.unwrap();
    }
    let is_up = |link: &&skep::LinkStatus| link.is_opened && link.sent > 0;
    let up = || host.node.tcp().links().iter().filter(is_up).count();
    until("all links of the list", || (up() == LINKS).then_some(())).await;
    peer.write_all(&to(last)).await.unwrap();
    refused(&host, 1).await;
    let place = skep::Address::from(format!("1#{last}"));
    let began = Instant::now();
    loop {
        peer.write_all(&to(last)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let links = host.node.tcp().links();
        if links.iter().filter(is_up).any(|link| link.address == place) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{links:?}");
    }
    assert!(up() <= LINKS);
}

/// G8.2: what is declared takes no memory before it comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_takes_no_memory() {
    const LINKS: usize = 100;
    let (host, at) = host().await;
    let mut silent = Vec::new();
    let peak = process::Peak::begin();
    for _ in 0..LINKS {
        let mut peer = greeted(at).await;
        // Of a frame of a mebibyte there is nothing but its beginning.
        peer.write_all(&[0, 0x10, 0, 0, 0x83]).await.unwrap();
        silent.push(peer);
    }
    let heard = |link: &skep::LinkStatus| link.received_bytes >= 5;
    let all = || {
        (host.node.tcp().links().iter().filter(|link| heard(link)).count() == LINKS).then_some(())
    };
    until("all have begun", all).await;
    let mut other = greeted(at).await;
    is_answered(&mut other).await;
    let each = peak.grown() / LINKS as u64;
    assert!(process::is_shared() || each < 256 << 10, "{each} bytes each");
}

/// G8.4, G8.5: who does not say what it speaks goes, the oldest first when there are many.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_say_nothing_make_room() {
    let settings = "[links]\nungreeted = 3\nhandshake = \"2s\"";
    let (_host, at, _home) = host_with(settings).await;
    let mut strangers = Vec::new();
    for _ in 0..10 {
        let mut stranger = TcpStream::connect(at).await.unwrap();
        assert_eq!(soon("a greeting", stranger.read_u8()).await.unwrap(), 1);
        strangers.push(stranger);
    }
    let mut peer = greeted(at).await;
    peer.write_all(&frame("echoer", "me", "hi")).await.unwrap();
    read_frame(&mut peer).await;
    for stranger in &mut strangers {
        is_closed(stranger).await;
    }
}

/// There are as many links as there may be: newcomers are refused while the others are used,
/// and get the place of one that is idle.
#[tokio::test(flavor = "multi_thread")]
async fn places_are_bounded_and_go_to_who_uses_them() {
    let (host, at, _home) = host_with("[links]\npeers = 2\npeers-of-host = 2\nidle = \"1s\"").await;
    let mut idle = greeted(at).await;
    let mut used = greeted(at).await;
    until("both are there", || (host.node.tcp().links().len() == 2).then_some(())).await;
    let mut third = TcpStream::connect(at).await.unwrap();
    is_closed(&mut third).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1_100) {
        used.write_all(&frame("echoer", "me", "hi")).await.unwrap();
        loop {
            // Between them the other side may beat.
            if read_frame(&mut used).await.len() > 8 {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut third = greeted(at).await;
    third.write_all(&frame("echoer", "me", "hi")).await.unwrap();
    read_frame(&mut third).await;
    let mut rest = Vec::new();
    soon("the idle one is gone", idle.read_to_end(&mut rest)).await.unwrap();
}

/// A connection of another host than the tests', which is this machine, too.
async fn greeted_from(host: &str, at: std::net::SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{host}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(at).await.unwrap();
    stream.write_all(&[1]).await.unwrap();
    assert_eq!(soon("a greeting", stream.read_u8()).await.unwrap(), 1);
    stream
}

async fn is_answered(peer: &mut TcpStream) {
    peer.write_all(&frame("echoer", "me", "hi")).await.unwrap();
    while read_frame(peer).await.len() == 8 {}
}

/// One host cannot take all places: beyond half of them it is turned away, and others are not.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "other systems have one loopback address")]
async fn one_host_has_half_of_the_places() {
    let (host, at, _home) = host_with("[links]\npeers = 4\nidle = \"1s\"").await;
    let linked = async |count: usize| {
        until("they have places", || (host.node.tcp().links().len() == count).then_some(())).await;
    };
    let (mut one, mut two) = (greeted(at).await, greeted(at).await);
    linked(2).await;
    for _ in 0..3 {
        let mut more = TcpStream::connect(at).await.unwrap();
        is_closed(&mut more).await;
    }
    assert_eq!(host.node.tcp().turned_away(), 3);
    let mut other = greeted_from("127.0.0.2", at).await;
    linked(3).await;
    for peer in [&mut one, &mut two, &mut other] {
        is_answered(peer).await;
    }
    // When one goes its host has a place again; and one that is idle makes room for its own.
    drop(two);
    linked(2).await;
    let mut two = greeted(at).await;
    linked(3).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1_100) {
        is_answered(&mut two).await;
        is_answered(&mut other).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut three = greeted(at).await;
    is_answered(&mut three).await;
    let mut rest = Vec::new();
    soon("the idle one is gone", one.read_to_end(&mut rest)).await.unwrap();
    is_answered(&mut other).await;
}

/// As many at once as it likes: those that have greeted at the same time count, too.
#[tokio::test(flavor = "multi_thread")]
async fn one_host_gains_nothing_by_haste() {
    let (host, at, _home) = host_with("[links]\npeers = 8").await;
    let all: Vec<_> = (0..32)
        .map(|_| {
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(at).await.unwrap();
                let _ = stream.write_all(&[1]).await;
                stream
            })
        })
        .collect();
    let mut streams = Vec::new();
    for one in all {
        streams.push(one.await.unwrap());
    }
    until("the others are turned away", || (host.node.tcp().turned_away() == 28).then_some(()))
        .await;
    assert_eq!(host.node.tcp().links().len(), 4);
}

/// G8.6: a node that does not read is cut off; who sends to it is told meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_does_not_read_is_cut_off() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("node.toml"), "[links]\nwrite = \"300ms\"").unwrap();
    let yard = Yard::of(Node::builder().threads(2).directory(home.path())).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("1#{},x", listener.local_addr().unwrap());
    let deaf = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[1]).await.unwrap();
        // The next connection would be refused otherwise, which would be the last failure.
        (listener, stream)
    });
    let large = vec![0_u8; 1 << 20];
    let began = Instant::now();
    let mut full = false;
    let link = loop {
        full |= yard.app.send(to.as_str(), &large[..]).await.is_err();
        let link = yard.node.tcp().links().remove(0);
        if link.last_failure.is_some() {
            break link;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it is not cut off");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(full, "its queue has bounds");
    let why = link.last_failure.unwrap();
    assert!(why.contains("read nothing for 0.3 s"), "{why}");
    assert!(link.lost > 0 && link.queued_bytes <= 8 << 20);
    drop(deaf);
}

/// G8.14: a node that beats and then falls silent is given up; one that never beats is not.
#[tokio::test(flavor = "multi_thread")]
async fn silence_counts_where_there_were_beats() {
    let (host, at, _home) = host_with("[links]\nidle = \"400ms\"").await;
    let mut quiet = greeted(at).await;
    let mut beats = greeted(at).await;
    beats.write_all(&[0, 0, 0, 4, 0x83, 0x80, 0x80, 0x40]).await.unwrap();
    let mut heard = Vec::new();
    soon("the one that beat is given up", beats.read_to_end(&mut heard)).await.unwrap();
    assert!(heard.chunks(8).all(|beat| beat == [0, 0, 0, 4, 0x83, 0x80, 0x80, 0x40]), "{heard:?}");
    assert!(!heard.is_empty());
    until("one is left", || (host.node.tcp().links().len() == 1).then_some(())).await;
    quiet.write_all(&frame("echoer", "me", "hi")).await.unwrap();
    while read_frame(&mut quiet).await.len() == 8 {}
}
