//! Who listens is told all in order, or how much was lost.

use super::*;

fn worker() -> skep_protocol::Address {
    skep_protocol::Address::local(b"w")
}

#[tokio::test]
async fn a_slow_listener_is_told_what_it_lost() {
    let hub = Hub::default();
    let (mut slow, mut swift) = (hub.listen(false), hub.listen(false));
    for number in 1..=3_000 {
        hub.worker(&worker(), Some(1), What::Started);
        assert_eq!(swift.next().await.unwrap().number, number);
    }
    let What::Lost { count } = slow.next().await.unwrap().what else { panic!("nothing was lost") };
    assert!((1_900..3_000).contains(&count), "{count}");
    for number in count + 1..=3_000 {
        assert_eq!(slow.next().await.unwrap().number, number);
    }
    hub.close();
    assert!(slow.next().await.is_none() && swift.next().await.is_none());
}

#[tokio::test]
async fn who_comes_late_gets_the_last_that_are_kept() {
    let hub = Hub::default();
    for _ in 0..300 {
        hub.node(What::NodeStarted);
        hub.in_passing(&worker(), Some(1), What::Started);
    }
    hub.stopping();
    hub.stopping();
    let (mut late, mut later) = (hub.listen(true), hub.listen(false));
    hub.close();
    let mut told = Vec::new();
    while let Some(event) = late.next().await {
        told.push(event.what);
    }
    assert_eq!(told.len(), 256);
    assert!(told.iter().take(255).all(|what| *what == What::NodeStarted));
    assert_eq!(told.last(), Some(&What::NodeStopping));
    assert!(later.next().await.is_none() && hub.listen(false).next().await.is_none());
}

#[tokio::test]
async fn reasons_are_short_and_safe() {
    let hub = Hub::default();
    let mut events = hub.listen(false);
    let reason = format!("\x1b[31m{}", "\u{202e}".repeat(100_000));
    hub.worker(&worker(), Some(2), What::Trapped { reason, limit: None });
    let event = events.next().await.unwrap();
    let reason = event.what.reason().unwrap();
    assert!(reason.starts_with("\\u{1b}[31m\\u{202e}") && reason.len() < 4_096, "{reason}");
    assert_eq!(event.to_string(), reason);
}
