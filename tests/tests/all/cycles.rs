//! A wait that would never end is refused at once.

use skep_tests::Yard;

/// Who is asked what, and the circle that is refused.
const CIRCLES: [(&str, &str, &str); 4] = [
    ("a", "request a 30000 x; reply", "a → a"),
    ("a", "request b 30000 {request a 30000 x; reply}; reply", "b → a → b"),
    (
        "a",
        "request b 30000 {request c 30000 {request a 30000 x; reply}; reply}; reply",
        "c → a → b → c",
    ),
    ("a", "request h1,a 30000 x; reply", "a → a"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_circle_is_named() {
    let yard = Yard::new().await;
    for name in ["a", "b", "c"] {
        yard.start(name, "puppet").await;
    }
    yard.start("h1", "hop").await;
    for (to, script, circle) in CIRCLES {
        let said = yard.answer(to, script).await;
        assert_eq!(said, format!("RequestError::Cycle({circle:?})"));
    }
}

/// The same workers in a row are no circle.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_may_still_be_answered() {
    let yard = Yard::new().await;
    for name in ["a", "b", "c"] {
        yard.start(name, "puppet").await;
    }
    let chain = "request b 30000 {request c 30000 {reply deep}; reply}; reply";
    assert_eq!(yard.answer("a", chain).await, "deep");
}
