//! Workers of the directory that need others.

use std::fs;
use std::path::Path;

use skep::{Node, State};
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::wait::until;
use tempfile::TempDir;

/// A directory with keepers, each with what it needs. Their names go from the last to the
/// first, so that the order of names is of no help.
fn hive(workers: &[(&str, &str)]) -> TempDir {
    let hive = tempfile::tempdir().unwrap();
    let folder = hive.path().join("workers");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("base.wasm"), guest("keeper")).unwrap();
    for (name, needs) in workers {
        manifest(hive.path(), name, needs);
    }
    hive
}

fn manifest(hive: &Path, name: &str, needs: &str) {
    let text = format!(
        "component = \"base\"\nargs = \"address; tell app\"\nneeds = [{needs}]\n\
         [config]\nstop = \"address; tell app\"\n"
    );
    let aside = hive.join("workers").join(format!(".{name}.toml"));
    fs::write(&aside, text).unwrap();
    fs::rename(aside, hive.join("workers").join(format!("{name}.toml"))).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_needed_starts_first_and_stops_last() {
    let hive = hive(&[("a", "\"b\", \"c\""), ("b", "\"c\""), ("c", "\"d\""), ("d", "")]);
    let mut yard = Yard::of(Node::builder().threads(2).directory(hive.path())).await;
    assert_eq!(yard.bodies(4).await, ["d", "c", "b", "a"]);
    assert_eq!(yard.workers(), ["a", "b", "base", "c", "d"]);
    let (node, mut app) = (yard.node.clone(), yard.app.clone());
    let listens = tokio::spawn(async move {
        let mut said = Vec::new();
        while let Ok(message) = app.receive::<String>().await {
            said.push(message.into_body());
        }
        said
    });
    assert_eq!(node.stop().await, 0);
    assert_eq!(listens.await.unwrap(), ["a", "b", "c", "d"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_something_waits_and_says_so() {
    let hive = hive(&[("a", "\"late\"")]);
    let mut yard = Yard::of(Node::builder().threads(2).directory(hive.path())).await;
    let waiting = yard.status("a").unwrap();
    assert_eq!(waiting.state, State::Waiting);
    assert_eq!(waiting.ended.as_deref(), Some("waits for `late`, which does not run"));
    manifest(hive.path(), "late", "");
    assert_eq!(yard.bodies(2).await, ["late", "a"]);
    yard.until_state("a", State::Idle).await;
    until("it is as its files ask", || yard.status("a")?.refused.is_none().then_some(())).await;
}

/// One that runs is not made to need itself: it could never start again.
#[tokio::test(flavor = "multi_thread")]
async fn a_circle_with_one_that_runs_is_refused() {
    let hive = hive(&[("a", "")]);
    let mut yard = Yard::of(Node::builder().threads(2).directory(hive.path())).await;
    assert_eq!(yard.receive().await.body(), "a");
    manifest(hive.path(), "a", "\"a\"");
    let why = until("it is refused", || yard.status("a")?.refused).await;
    assert!(why.ends_with("waits for `a`: a circle, in which none can start"), "{why}");
    let status = yard.status("a").unwrap();
    assert_eq!((status.state, status.generation), (State::Idle, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_is_named_and_can_be_mended() {
    let hive = hive(&[("a", "\"b\""), ("b", "\"c\""), ("c", "\"a\""), ("d", "")]);
    let mut yard = Yard::of(Node::builder().threads(2).directory(hive.path())).await;
    assert_eq!(yard.receive().await.body(), "d");
    let why = yard.status("a").unwrap().ended.unwrap();
    assert_eq!(why, "waits for `b` for `c` for `a`: a circle, in which none can start");
    manifest(hive.path(), "c", "");
    assert_eq!(yard.bodies(3).await, ["c", "b", "a"]);
    until("all run", || {
        let runs = |name: &&str| yard.status(name).unwrap().state == State::Idle;
        ["a", "b", "c", "d"].iter().all(runs).then_some(())
    })
    .await;
}
