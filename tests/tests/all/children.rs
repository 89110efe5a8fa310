//! Workers that start and stop others, and the node.

use skep::{Grant, State, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::handler;
use skep_tests::wait::soon;

fn granted(options: &mut WorkerOptions) {
    options.grants = vec![Grant::StartWorkers];
}

/// A node with the components `w` (a puppet that may start workers), `bare` and `kept`.
async fn yard() -> Yard {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start("kept", "keeper").await;
    yard.start_with("w", "puppet", granted).await;
    yard
}

/// G7.8: a guest has no other way to a new name.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_lives_below_its_parent_s_name() {
    let mut yard = yard().await;
    assert_eq!(yard.answer("w", "start bare kid; reply").await, "w.kid");
    assert_eq!(yard.answer("w.kid", "hello").await, "hello");
    let fresh = yard.answer("w", "start bare -; reply").await;
    assert!(fresh.starts_with("w."), "{fresh}");
    assert_eq!(yard.answer(&fresh, "hello").await, "hello");
    // It may be written to before it runs; its arguments are its own.
    yard.send("w", "start kept k {send app born}; send w.k {send app hello}").await;
    assert_eq!(yard.bodies(2).await, ["born", "hello"]);
    assert_eq!(yard.status("w.k").unwrap().component.as_deref(), Some("kept"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_started_is_refused() {
    let cases = [
        ("start nix kid", r#"StartError::UnknownComponent("nix")"#),
        ("start bare taken", r#"StartError::AddressTaken("w.taken")"#),
        ("start bare UPPER", "StartError::Invalid("),
        ("start bare ../up", "StartError::Invalid("),
        ("start bare _x", "StartError::Invalid("),
    ];
    let yard = yard().await;
    yard.answer("w", "start bare taken; reply").await;
    for (script, expected) in cases {
        let said = yard.answer("w", &format!("{script}; reply")).await;
        assert!(said.starts_with(expected), "{script}: {said}");
    }
    let long = format!("start bare {}; reply", "x".repeat(2_000));
    assert!(yard.answer("w", &long).await.starts_with("StartError::Invalid("));
    yard.start("poor", "puppet").await;
    let said = yard.answer("poor", "start bare kid; reply").await;
    assert_eq!(said, r#"StartError::Denied("the grant `start-workers` is missing")"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_be_stopped_by_whom() {
    let cases = [
        ("stop w.kid", "ok"),
        ("stop bare", r#"SendError::Denied("this worker has not started `bare`")"#),
        ("stop app", r#"SendError::Denied("this worker has not started `app`")"#),
        ("stop nobody", r#"SendError::NoRoute("nobody")"#),
        ("stop a#b", "SendError::Other("),
    ];
    let yard = yard().await;
    yard.answer("w", "start bare kid; reply").await;
    for (script, expected) in cases {
        let said = yard.answer("w", &format!("{script}; reply")).await;
        assert!(said.starts_with(expected), "{script}: {said}");
    }
    yard.until_state("w.kid", State::Stopped).await;
    assert_eq!(yard.answer("w", "start bare kid; reply").await, "w.kid");
    assert_eq!(yard.answer("w", "start bare brief; stop w.brief; reply").await, "w.brief\nok");
    yard.until_state("w.brief", State::Stopped).await;
    assert_eq!(yard.answer("w", "stop w; reply bye").await, "bye");
    yard.until_state("w", State::Stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn children_go_with_their_parent_and_theirs_with_them() {
    let yard = yard().await;
    yard.answer("w", "start w kid; start bare other; reply").await;
    yard.answer("w.kid", "start bare grandkid; reply").await;
    assert_eq!(yard.workers(), ["bare", "kept", "w", "w.kid", "w.kid.grandkid", "w.other"]);
    yard.node.stop_worker("w").await.unwrap();
    for gone in ["w", "w.kid", "w.kid.grandkid", "w.other"] {
        yard.until_state(gone, State::Stopped).await;
    }
    assert_eq!(yard.workers(), ["bare", "kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_children() {
    let yard = yard().await;
    yard.answer("w", "start bare kid; reply").await;
    assert!(yard.ask("w", "trap").await.is_err());
    assert_eq!(yard.answer("w.kid", "hello").await, "hello");
    assert_eq!(yard.answer("w", "stop w.kid; reply").await, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn children_and_descendants_are_counted() {
    let yard = yard().await;
    yard.start_with("few", "puppet", |options| {
        granted(options);
        options.limits.children = 2;
    })
    .await;
    let said = yard.answer("few", "repeat 3 {start bare -}; reply").await;
    assert!(said.ends_with(r#"StartError::Quota("2 children")"#), "{said}");
    let first = said.lines().next().unwrap();
    yard.answer("few", &format!("stop {first}; reply")).await;
    yard.until_state(first, State::Stopped).await;
    assert_eq!(yard.answer("few", "start bare third; reply").await, "few.third");

    yard.start_with("old", "puppet", |options| {
        granted(options);
        options.limits.descendants = 3;
    })
    .await;
    assert_eq!(yard.answer("old", "start old kid; reply").await, "old.kid");
    let said = yard.answer("old.kid", "start bare a; start bare b; start bare c; reply").await;
    let refused = r#"StartError::Quota("3 descendants of one worker")"#;
    assert_eq!(said, format!("old.kid.a\nold.kid.b\n{refused}"));
}

/// Who hears of a child's stop may start another in its place, and has that one then.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_may_be_replaced_at_once() {
    let mut yard = yard().await;
    yard.start_with("few", "puppet", |options| {
        granted(options);
        options.limits.children = 1;
    })
    .await;
    let script = "start bare kid; monitor few.kid {start bare kid; tell app}; reply";
    for _ in 0..20 {
        assert_eq!(yard.answer("few", script).await, "few.kid\nok");
        yard.node.stop_worker("few.kid").await.unwrap();
        assert_eq!(yard.receive().await.body(), "few.kid");
        assert_eq!(yard.answer("few", "stop few.kid; reply").await, "ok");
        yard.until_state("few.kid", State::Stopped).await;
    }
}

/// A child has no right that its parent lacks.
#[tokio::test(flavor = "multi_thread")]
async fn grants_do_not_grow_downwards() {
    let yard = yard().await;
    yard.start_with("mighty", "puppet", |options| options.grants = Grant::ALL.to_vec()).await;
    yard.answer("w", "start mighty kid; reply").await;
    let said = yard.answer("w.kid", "stop-node; start bare kid; reply").await;
    let denied = r#"SendError::Denied("the grant `stop-node` is missing")"#;
    assert_eq!(said, format!("{denied}\nw.kid.kid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_stop_the_node_can_ask_for_it() {
    let yard = yard().await;
    yard.start_with("mighty", "puppet", |options| options.grants = Grant::ALL.to_vec()).await;
    let denied = r#"SendError::Denied("the grant `stop-node` is missing")"#;
    assert_eq!(yard.answer("w", "stop-node; reply").await, denied);
    // All or nothing, here too.
    assert!(yard.ask("mighty", "stop-node; reject no").await.is_err());
    let node = yard.node.clone();
    let requested = tokio::spawn(async move { node.stop_requested().await });
    assert_eq!(yard.answer("mighty", "reply").await, "");
    assert!(!requested.is_finished());
    assert_eq!(yard.answer("mighty", "stop-node; reply").await, "ok");
    let why = soon("the word to stop", requested).await.unwrap();
    assert_eq!(why, "the worker `mighty` stopped it");
}

/// What a worker was made from goes with it: nobody is started from that any more, and
/// nothing of it is held.
#[tokio::test(flavor = "multi_thread")]
async fn the_component_of_a_stopped_worker_is_given_back() {
    let yard = Yard::new().await;
    yard.start_with("p", "puppet", |options| options.grants = vec![Grant::StartWorkers]).await;
    let open = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let mut before = 0;
    for number in 0..100 {
        let component = handler("", &format!("i32.const {number} drop i32.const 0"));
        yard.try_start("c", component.clone(), |_| {}).await.unwrap();
        yard.try_start(&format!("c{number}"), component, |_| {}).await.unwrap();
        yard.node.stop_worker("c").await.unwrap();
        yard.node.stop_worker(format!("c{number}").as_str()).await.unwrap();
        if number == 10 {
            before = open();
        }
    }
    assert!(open() < before + 20, "{before} descriptors, and {} later", open());
    assert!(yard.answer("p", "start c -; reply").await.contains("UnknownComponent"));
}
