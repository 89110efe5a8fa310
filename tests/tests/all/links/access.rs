//! Who may reach whom over links, and who is said to have sent.

use skep::error::RequestError;
use skep::{Access, Network, Route};
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::wait::until;

use super::{host, host_of};

async fn refused(host: &Yard, count: u64) {
    let look = || {
        let links = host.node.tcp().links();
        (links.iter().map(|link| link.refused).sum::<u64>() >= count).then_some(())
    };
    until(&format!("{count} refused messages"), look).await;
}

/// G7.6: what a message from elsewhere may not reach is counted, and costs nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn peers_reach_who_is_exposed_and_nobody_else() {
    let (mut host, at) = host().await;
    host.start_with("spawner", "puppet", |options| {
        options.access = Access::Peers;
        options.grants = skep::Grant::ALL.to_vec();
    })
    .await;
    host.send("spawner", "start spawner kid x; send app started").await;
    host.receive().await;
    let yard = Yard::new().await;
    // The name of an answer that is awaited there, as the worker asked has seen it.
    let app = host.app.clone();
    let waiting = tokio::spawn(async move {
        app.send_and_receive::<String>("puppet", "keep; return; tell app").await
    });
    let awaited = host.receive().await.into_body();
    assert!(awaited.starts_with('_'), "{awaited}");
    let forbidden =
        ["app", "inside", "nobody", "spawner.kid", "hop,inside", "hop,app", "2#x", &awaited];
    for (index, route) in forbidden.iter().enumerate() {
        yard.send(&format!("1#{at},{route}"), "send app reached").await;
        let by_hop = route.starts_with("hop,");
        if !by_hop {
            refused(
                &host,
                1 + index as u64
                    - forbidden[..index].iter().filter(|r| r.starts_with("hop,")).count() as u64,
            )
            .await;
        }
    }
    // What a hop could not pass on is its own failure.
    let letter = host.letter("takes no messages from other nodes").await;
    assert_eq!(letter.to, "hop".into());
    assert_eq!(yard.answer(&format!("1#{at},echoer"), "fine").await, "fine");
    host.send("inside", "send app fence").await;
    assert_eq!(host.receive().await.body(), "fence");
    waiting.abort();
}

/// What was answered while its worker was exposed does not keep that one so.
#[tokio::test(flavor = "multi_thread")]
async fn access_that_is_taken_back_counts_at_once() {
    let (host, at) = host().await;
    let yard = Yard::new().await;
    let to = format!("1#{at},echoer");
    assert_eq!(yard.answer(&to, "one").await, "one");
    let options = skep::WorkerOptions::default();
    host.node.reload_component("echoer", guest("bare"), options).await.unwrap();
    yard.send(&to, "two").await;
    refused(&host, 1).await;
    assert_eq!(host.status("echoer").unwrap().handled, 1);
}

/// A worker sees where a message comes from, through hops too; and its own words are its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_origin_is_the_peer() {
    let (mut host, at) = host().await;
    let yard = Yard::new().await;
    for route in ["puppet", "hop,puppet", "hop,hop,puppet"] {
        let sender = yard.answer(&format!("1#{at},{route}"), "sender; reply").await;
        assert!(sender.starts_with(r#"Origin::Peer("1#127.0.0.1:"#), "{route}: {sender}");
    }
    yard.send(&format!("1#{at},puppet,inside"), "forward - {sender; tell app}").await;
    assert_eq!(host.receive().await.body(), r#"Origin::Worker("puppet")"#);
}

/// A worker's own list decides, whosever message it sends there; the program needs none.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_reaches_what_its_list_says() {
    let (_host, at) = host().await;
    let mut yard = Yard::new().await;
    let listed = Network::of([at.to_string()]).unwrap();
    yard.start_with("open", "puppet", |options| options.network = listed.clone()).await;
    yard.start("closed", "puppet").await;
    let script = format!("request 1#{at},echoer 5000 hello; reply");
    assert_eq!(yard.answer("open", &script).await, "hello");
    let denied = yard.answer("closed", &format!("send 1#{at},echoer hello; reply")).await;
    assert!(denied.contains("is not on the list `network` of `closed`"), "{denied}");
    // Neither by a worker that may, nor in the name of the program.
    yard.start("h1", "hop").await;
    yard.send("closed", &format!("send h1,1#{at},echoer hello")).await;
    let letter = yard.letter("is not on the list `network` of `closed`").await;
    assert_eq!(letter.to, "h1".into());
    let denied = yard.answer("closed", &format!("forward 1#{at},echoer; reply")).await;
    assert!(denied.contains("is not on the list `network` of `closed`"), "{denied}");
    let denied = yard.answer("closed", &format!("forward open,1#{at},echoer; reply")).await;
    assert!(denied.contains("is not on the list `network` of `closed`"), "{denied}");
    // A hop on the program's own way is none of its hops' business.
    assert_eq!(yard.answer(&format!("h1,1#{at},echoer"), "hello").await, "hello");
    // A name does not open what it leads to.
    let by_name = Network::of([format!("*:{}", at.port())]).unwrap();
    yard.start_with("named", "puppet", |options| options.network = by_name).await;
    for host in ["localhost".to_owned(), "127.0.0.1".to_owned()] {
        let script = format!("request 1#{host}:{},echoer 5000 hello; reply", at.port());
        let outcome = yard.answer("named", &script).await;
        assert!(outcome.contains("is not public"), "{host}: {outcome}");
    }
    yard.send("h1,app", "fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// From one link out to another only as the node's own list says.
#[tokio::test(flavor = "multi_thread")]
async fn traffic_passes_through_only_where_the_node_says() {
    let (end, at_end) = host().await;
    let (between, at) = host().await;
    let yard = Yard::new().await;
    yard.send(&format!("1#{at},1#{at_end},echoer"), "hello").await;
    refused(&between, 1).await;
    yard.send(&format!("1#{at},hop,1#{at_end},echoer"), "hello").await;
    let letter = between.letter("is not on the list `relay` of this node").await;
    assert_eq!(letter.to, "hop".into());
    assert!(end.node.tcp().links().is_empty());
    // A name that leads into the machine does not either.
    let by_name = Network::of([format!("*:{}", at_end.port())]).unwrap();
    let (between, at) = host_of(|builder| builder.relay(by_name)).await;
    let port = at_end.port();
    yard.send(&format!("1#{at},1#localhost:{port},echoer"), "hello").await;
    let look = || between.node.tcp().links().into_iter().find(|link| link.lost == 1);
    let link = until("the message is lost", look).await;
    assert!(link.last_failure.unwrap().contains("is not public"));
    assert!(end.node.tcp().links().is_empty());
}

/// Who was written to may answer, also later and more than once; and only where it was
/// shown the way.
#[tokio::test(flavor = "multi_thread")]
async fn answers_find_their_way_and_nothing_else_does() {
    let (mut host, at) = host().await;
    let mut yard = Yard::new().await;
    yard.start("quiet", "puppet").await;
    let network = Network::of([at.to_string()]).unwrap();
    yard.start_with("asker", "puppet", |options| options.network = network).await;
    yard.send("asker", &format!("send 1#{at},puppet {{return; tell inside}}")).await;
    // The host's `inside` gets the route as a script: it says nothing. It is shown by app.
    yard.send("asker", &format!("send 1#{at},puppet {{return; tell app}}")).await;
    let back: Route = host.receive().await.body().as_str().into();
    assert_eq!(back.len(), 2);
    for _ in 0..2 {
        host.app.send(back.clone(), "send app answered").await.unwrap();
        assert_eq!(yard.receive().await.body(), "answered");
    }
    let link = back.first().unwrap().clone();
    host.app.send(skep::route![link.clone(), "quiet"], "send app reached").await.unwrap();
    host.app.send(skep::route![link, "app"], "reached").await.unwrap();
    refused(&yard, 2).await;
    yard.send("quiet", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// A request's answer comes over the link that it left by: another node that knows its name
/// cannot give one.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_from_who_was_asked() {
    let (mut host, at) = host().await;
    let (mut thief, at_thief) = host_of(|builder| builder).await;
    let yard = Yard::new().await;
    let (app, to) = (yard.app.clone(), format!("1#{at},puppet"));
    let asking = tokio::spawn(async move {
        app.send_and_receive::<String>(to.as_str(), "keep; return; tell app").await
    });
    let seen: Route = host.receive().await.body().as_str().into();
    let name = seen.iter().next_back().unwrap().clone();
    // The thief is shown a way to the node, and puts the stolen name behind it.
    yard.send(&format!("1#{at_thief},puppet"), "return; tell app").await;
    let way: Route = thief.receive().await.body().as_str().into();
    let link = way.first().unwrap().clone();
    thief.app.send(skep::route![link, name], "forged").await.unwrap();
    refused(&yard, 1).await;
    host.send("puppet", "answer honest").await;
    let answer: Result<String, RequestError> = asking.await.unwrap();
    assert_eq!(answer, Ok("honest".into()));
}
