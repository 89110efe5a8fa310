//! Dead letters: how many are kept, and whose.

use skep_tests::Yard;
use skep_tests::guests::handler;

/// How many of a worker's are kept, and the numbers of its first and last one.
fn of(yard: &Yard, worker: &str) -> (usize, Option<(u64, u64)>) {
    let letters = yard.node.dead_letters();
    let numbers: Vec<_> =
        letters.iter().filter(|one| one.to == worker.into()).map(|one| one.number).collect();
    (numbers.len(), numbers.first().copied().zip(numbers.last().copied()))
}

async fn flood(yard: &Yard, worker: &str, count: usize, payload: &str) {
    for _ in 0..count {
        assert!(yard.ask(worker, payload).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_are_kept() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    flood(&yard, "w", 1_010, "reject no").await;
    assert_eq!(of(&yard, "w"), (1_000, Some((11, 1_010))));
    assert_eq!((yard.node.drop_dead_letters(), yard.node.dead_letter_count()), (1_000, 0));
    flood(&yard, "w", 1, "reject no").await;
    assert_eq!(of(&yard, "w"), (1, Some((1_011, 1_011))));
    assert!(yard.node.drop_dead_letter(1_011));
    assert!(!yard.node.drop_dead_letter(1_011));
    assert_eq!(of(&yard, "w"), (0, None));
}

/// However many a worker has, and however large they are: others keep theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_costs_others_nothing() {
    let yard = Yard::new().await;
    for worker in ["quiet", "many", "large"] {
        yard.start(worker, "puppet").await;
    }
    flood(&yard, "quiet", 10, "reject no").await;
    flood(&yard, "many", 1_500, "reject no").await;
    let large = format!("reject no {}", "x".repeat(900_000));
    flood(&yard, "large", 30, &large).await;
    assert_eq!(of(&yard, "quiet"), (10, Some((1, 10))));
    let (count, _) = of(&yard, "large");
    assert!((15..=18).contains(&count), "{count}");
    assert!(of(&yard, "many").0 > 900);
    let bytes: usize = yard.node.dead_letters().iter().map(|one| one.payload.len()).sum();
    assert!(bytes <= 16 << 20, "{bytes}");
}

/// Whoever has asked is gone: an answer to what is sent again is for the program, and what its
/// handler did besides happens.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_can_be_sent_again() {
    let mut yard = Yard::new().await;
    yard.try_start("w", handler("", "unreachable"), |_| {}).await.unwrap();
    assert!(yard.ask("w", "hello").await.is_err());
    let letter = yard.letters(1).await.remove(0);
    yard.node.stop_worker("w").await.unwrap();
    yard.start("w", "bare").await;
    assert_eq!(yard.node.redeliver_dead_letter(letter.number), Ok(true));
    assert_eq!(yard.receive().await.body(), "hello");
    assert_eq!(yard.node.dead_letter_count(), 0);
}
