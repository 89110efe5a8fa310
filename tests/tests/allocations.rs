//! How often the way of a message asks for memory: a count that does not depend on the
//! machine's mood, so that what makes it longer is seen. In a program of its own, since it
//! counts by an allocator of its own.

use allocation_counter::measure;
use skep::{App, Node, Route, WorkerOptions};
use skep_tests::guests::guest;
use tokio::runtime::{Builder, Runtime};

/// Echoes that are counted.
const ECHOES: u64 = 1_000;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn node() -> Node {
    let node = Node::builder().threads(1).start().await.expect("a node");
    for (name, component) in [("echoer", "bare"), ("h1", "bare-hop")] {
        let started = node.start_component(name, guest(component), WorkerOptions::default()).await;
        started.expect("a worker");
    }
    node
}

/// So many, of which this many are on their way at a time.
async fn echoes(app: &mut App, to: &Route, count: u64, outstanding: u64) {
    let mut sent = 0;
    for received in 0..count {
        while sent < count.min(received + outstanding) {
            app.send(to, [7_u8; 16].as_slice()).await.expect("it is sent");
            sent += 1;
        }
        assert_eq!(app.receive::<Vec<u8>>().await.expect("an answer").body().len(), 16);
    }
}

/// What the sender's thread has asked for, an echo. It runs the worker itself, unless it is
/// interrupted: then another thread's part is missing, and the most of several runs is whole.
fn most(to: &str, outstanding: u64) -> f64 {
    let (runtime, to) = (runtime(), to.parse::<Route>().expect("a route"));
    let node = runtime.block_on(node());
    let mut app = node.app();
    runtime.block_on(echoes(&mut app, &to, 2_000, outstanding));
    let mut run =
        || measure(|| runtime.block_on(echoes(&mut app, &to, ECHOES, outstanding))).count_total;
    let counted = [run(), run(), run()].into_iter().max().unwrap_or_default();
    runtime.block_on(node.stop_now());
    counted as f64 / ECHOES as f64
}

#[test]
fn an_echo() {
    let each = most("echoer", 1);
    println!("{each:.2} allocations an echo");
    assert!((5.0..=6.1).contains(&each), "{each} allocations an echo");
}

#[test]
fn a_hop_more() {
    let (echo, hop) = (most("echoer", 1), most("h1,echoer", 1));
    println!("{:.2} allocations a hop more", hop - echo);
    assert!(hop - echo <= 6.1, "{echo} allocations an echo, {hop} over a hop");
}

/// In a series, a payload is copied once more.
#[test]
fn an_echo_of_many() {
    let each = most("echoer", 64);
    println!("{each:.2} allocations an echo, with 64 at a time");
    assert!((5.0..=7.1).contains(&each), "{each} allocations an echo, with 64 at a time");
}
