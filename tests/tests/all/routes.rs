//! Onward and return routes, as Ockam's users know them.

use skep::error::SendError;
use skep::{Address, Node, route};
use skep_tests::{Yard, logs};

/// The hops of a route, and who logs a message on its way there and back.
const ROUTES: [(&str, &[&str]); 3] = [
    ("echoer", &["echoer"]),
    ("h1,echoer", &["h1", "echoer", "h1"]),
    ("h1,h2,h3,echoer", &["h1", "h2", "h3", "echoer", "h3", "h2", "h1"]),
];

async fn with_hops(yard: &Yard) {
    for hop in ["h1", "h2", "h3"] {
        yard.start(hop, "hop").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_passes_its_stops_in_order_and_comes_back() {
    for (route, passes) in ROUTES {
        let mut yard = Yard::alone(Node::builder().threads(2)).await;
        with_hops(&yard).await;
        yard.start("echoer", "echoer").await;
        yard.send(route, "Hello Skep!").await;
        assert_eq!(yard.receive().await.body(), "Hello Skep!");
        assert_eq!(logs::workers(), passes, "{route}");
        assert_eq!(logs::of("echoer"), [r#"echoer got "Hello Skep!""#]);
        yard.node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_stop_sees_the_way_back() {
    let mut yard = Yard::new().await;
    with_hops(&yard).await;
    yard.start("echoer", "puppet").await;
    for (route, back) in
        [("echoer", "app"), ("h1,echoer", "h1,app"), ("h1,h2,h3,echoer", "h3,h2,h1,app")]
    {
        yard.send(route, "return; onward; recipient; sender; address; reply").await;
        let sender = r#"Origin::Worker("app")"#;
        let said = format!("{back}\n\nechoer\n{sender}\nechoer");
        assert_eq!(*yard.receive().await.body(), said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_return_route_of_an_answer_leads_there_again() {
    let mut yard = Yard::new().await;
    with_hops(&yard).await;
    yard.start("echoer", "bare").await;
    yard.send("h1,h2,echoer", "one").await;
    let first = yard.receive().await;
    assert_eq!(first.return_route(), route!["h1", "h2", "echoer"]);
    assert_eq!(first.recipient(), &Address::from("app"));
    yard.app.send(first.return_route(), "two").await.unwrap();
    assert_eq!(yard.receive().await.body(), "two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_the_same_way_and_its_return_address_is_unguessable() {
    let yard = Yard::new().await;
    yard.start("h1", "bare-hop").await;
    yard.start("echoer", "puppet").await;
    let seen = yard.answer("h1,echoer", "return; reply").await;
    let (hop, name) = seen.split_once(',').unwrap();
    assert_eq!(hop, "h1");
    assert_eq!(name.len(), 33);
    assert!(name.starts_with('_'));
    assert_ne!(seen, yard.answer("h1,echoer", "return; reply").await);
}

/// A hop that changes its mind: forwarding along other stops, with another body, which
/// nobody else is the origin of.
#[tokio::test(flavor = "multi_thread")]
async fn forwarding_may_add_stops_and_change_the_payload() {
    let mut yard = Yard::new().await;
    yard.start("h1", "puppet").await;
    yard.start("h2", "bare-hop").await;
    yard.start("echoer", "puppet").await;
    // The answer passes h1 again, which passes it on with another text.
    let at_echoer = "return; onward; sender; tell app; reply {forward - arrived}";
    yard.send("h1,echoer", &format!("forward h2 {{{at_echoer}}}")).await;
    let seen = r#"h2,h1,app

Origin::Worker("h1")"#;
    assert_eq!(yard.bodies(2).await, [seen, "arrived"]);
}

/// What the node says to one worker is not the node's word to another.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_is_forwarded_is_its_forwarder_s_own_word() {
    let mut yard = Yard::new().await;
    yard.start("forger", "puppet").await;
    yard.start("victim", "puppet").await;
    let script = "{at forger {forward victim}; at victim {sender; tell app}}";
    yard.send("forger", &format!("after 0 forger {script}")).await;
    yard.send("forger", &format!("monitor nobody {script}")).await;
    assert_eq!(yard.bodies(2).await, [r#"Origin::Worker("forger")"#; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_refused_in_words() {
    let yard = Yard::new().await;
    yard.start("echoer", "bare").await;
    let long = |stops: usize| std::iter::repeat_n("echoer", stops).collect::<skep::Route>();
    let cases = [
        (route![], SendError::EmptyRoute, "the route is empty"),
        (long(17), SendError::RouteTooLong(17), "the route has 17 stops, 16 are allowed"),
        (
            route!["nobody"],
            SendError::NoRoute("nobody".into()),
            "no worker has the address `nobody`",
        ),
    ];
    for (route, error, words) in cases {
        let refused = yard.app.send(route, "x").await.unwrap_err();
        assert_eq!(refused.to_string(), words);
        assert_eq!(refused, error);
    }
    yard.app.send(long(16), "x").await.unwrap();
    let large = vec![0; (1 << 20) + 1];
    assert_eq!(yard.app.send("echoer", large).await, Err(SendError::TooLarge(1 << 20)));
}

/// On one thread, which knows whom it has found lately.
#[tokio::test]
async fn a_name_leads_to_who_has_it_now() {
    let (mut yard, other) = (Yard::new().await, Yard::new().await);
    for (component, answer) in
        [("bare", "address; reply"), ("puppet", "w"), ("bare", "address; reply")]
    {
        yard.start("w", component).await;
        for _ in 0..3 {
            yard.send("w", "address; reply").await;
            assert_eq!(yard.receive().await.body(), answer);
            assert_eq!(other.app.send("w", "x").await, Err(SendError::NoRoute("w".into())));
        }
        yard.node.stop_worker("w").await.unwrap();
        assert_eq!(yard.app.send("w", "x").await, Err(SendError::NoRoute("w".into())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_address_has_a_nearest_one() {
    let yard = Yard::new().await;
    yard.start("echoer", "bare").await;
    for (typed, meant) in [("echor", Some("echoer")), ("ecoher", Some("echoer")), ("zzz", None)] {
        assert_eq!(yard.node.nearest(&typed.into()).as_deref(), meant, "{typed}");
    }
}
