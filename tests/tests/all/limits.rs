//! What one handler may ask for, and what one message may be.

use skep::Node;
use skep::error::RequestError;
use skep_tests::{Yard, logs};

/// Scripts, and what the last of their commands is told.
const REFUSED: [(&str, &str); 8] = [
    (
        "repeat 64 {send sink {}}; send sink {}",
        r#"SendError::Quota("64 effects in one commit (`outbox-effects`)")"#,
    ),
    (
        "repeat 64 {send sink {}}; reply x",
        r#"SendError::Quota("64 effects in one commit (`outbox-effects`)")"#,
    ),
    (
        "repeat 64 {send sink {}}; after 9 w {}",
        r#"SendError::Quota("64 effects in one commit (`outbox-effects`)")"#,
    ),
    (
        "repeat 64 {send sink {}}; monitor w {}",
        r#"SendError::Quota("64 effects in one commit (`outbox-effects`)")"#,
    ),
    (
        "repeat 5 {send sink @1000000}",
        r#"SendError::Quota("4194304 bytes in one commit (`outbox-bytes`)")"#,
    ),
    ("send sink @1048577", "SendError::TooLarge(1048576)"),
    ("reply @1048577", "SendError::TooLarge(1048576)"),
    ("after 9 w @1048577", "SendError::TooLarge(1048576)"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_is_bounded() {
    let yard = Yard::alone(Node::builder().threads(2)).await;
    yard.start("sink", "puppet").await;
    yard.start("w", "puppet").await;
    for (number, (script, refusal)) in REFUSED.into_iter().enumerate() {
        let _ = yard.ask("w", &format!("{script}; write; reject")).await;
        let said = logs::of("w").pop().unwrap();
        assert!(said.ends_with(refusal), "{script}: {said}");
        assert_eq!(said.matches("SendError").count(), 1, "{script}: {said}");
        assert_eq!(logs::of("w").len(), number + 1);
    }
    // A request empties the outbox, so that there is room again.
    yard.start("bare", "bare").await;
    let script = "repeat 63 {send sink {}}; request bare 5000 x; repeat 63 {send sink {}}; reply";
    assert!(!yard.answer("w", script).await.contains("Quota"));
}

/// More cancels than effects: the call has no error to return, so it traps.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_refused_traps() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    for command in ["cancel 1", "demonitor w"] {
        let outcome = yard.ask("w", &format!("repeat 65 {{{command}}}")).await;
        let Err(RequestError::Failed(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("64 effects in one commit"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_s_routes_are_checked() {
    let long = |stops: usize| vec!["w"; stops].join(",");
    let cases = [
        ("-".to_owned(), r#"SendError::Other("the route is empty")"#),
        (long(17), r#"SendError::Other("the route has 17 stops, 16 are allowed")"#),
        (long(40), r#"SendError::Other("the route has 40 stops, 16 are allowed")"#),
        ("a#b#c".into(), r#"SendError::Other("`a#b#c`: "#),
        (
            "1#127.0.0.1:4000,w".into(),
            r#"SendError::Denied("`1#127.0.0.1:4000` is not on the list"#,
        ),
        ("2#127.0.0.1:4000,w".into(), r#"SendError::NoRoute("2#127.0.0.1:4000")"#),
        ("_x".into(), r#"SendError::NoRoute("_x")"#),
        ("nobody".into(), r#"SendError::NoRoute("nobody")"#),
    ];
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    for (route, expected) in cases {
        let said = yard.answer("w", &format!("send {route} x; reply")).await;
        assert!(said.starts_with(expected), "{route}: {said}");
    }
    assert_eq!(yard.answer("w", &format!("send {} {{}}; reply", long(16))).await, "ok");
}

/// A message that goes round in circles ends, and its requester is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_loop_of_hops_ends() {
    let yard = Yard::new().await;
    yard.start_with("relay", "relay", |options| {
        options.config.insert("route".into(), "relay".into());
    })
    .await;
    let outcome = yard.ask("relay", "x").await;
    let Err(RequestError::Rejected(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("hops"), "{why}");
    let letter = yard.letters(1).await.remove(0);
    // With the stop ahead and the request at the far end they are 32.
    assert_eq!(letter.return_route.len(), 30);
}

/// Strings and lists are bounded before the host copies them, and all of them together.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_to_the_host_is_bounded() {
    let cases = [
        ("log-large 40000000", "it trapped"),
        ("repeat 40 {log-large 1000000}", "it handed more than 33554432 bytes to the node"),
        ("repeat 40 {send sink @1000000}", "it handed more than 33554432 bytes to the node"),
        ("random 4097", "`random-bytes` gives at most 4096 bytes, 4097 were asked for"),
    ];
    let yard = Yard::new().await;
    yard.start("sink", "puppet").await;
    yard.start("w", "puppet").await;
    for (script, expected) in cases {
        let outcome = yard.ask("w", script).await;
        let Err(RequestError::Failed(why)) = outcome else { panic!("{script}: {outcome:?}") };
        assert!(why.contains(expected), "{script}: {why}");
    }
    assert_eq!(yard.answer("w", "random 4096; reply").await, "4096");
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_is_what_it_was_started_with() {
    let yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| {
        _ = options.config.insert("key".into(), "value".into())
    })
    .await;
    assert_eq!(yard.answer("w", "config key; config none; reply").await, "Some(\"value\")\nNone");
}
