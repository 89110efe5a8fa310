//! A directory's files change at random, its workers crash and are stopped, and messages
//! come between: what runs then, in which version and with which state, against a model.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use skep::{Node, State};
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::wait::until;
use tempfile::TempDir;

const NAMES: [&str; 2] = ["one", "two"];

#[derive(Clone, Debug)]
enum Step {
    /// Put these files in, or in place of those there.
    Deploy(usize, u8),
    /// Put bytes in place of the component that are none.
    Damage(usize),
    /// Take the files out.
    Remove(usize),
    /// A message that fails in every version.
    Crash(usize),
    /// A message that fails a version which has only begun.
    CrashOnTrial(usize, u8),
    /// `skep stop NAME`.
    Stop(usize),
    /// A message that changes the state.
    Send(usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || 0..NAMES.len();
    prop_oneof![
        4 => (name(), 1..4_u8).prop_map(|(name, version)| Step::Deploy(name, version)),
        1 => name().prop_map(Step::Damage),
        1 => name().prop_map(Step::Remove),
        1 => name().prop_map(Step::Crash),
        1 => (name(), 4..7_u8).prop_map(|(name, version)| Step::CrashOnTrial(name, version)),
        1 => name().prop_map(Step::Stop),
        3 => (name(), any::<u8>()).prop_map(|(name, value)| Step::Send(name, value)),
    ]
}

/// What there should be of one worker.
#[derive(Clone, Debug, Default)]
struct Model {
    files: Files,
    /// Its version and state, if it runs.
    runs: Option<(u8, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Files {
    #[default]
    None,
    Good(u8),
    Bad,
}

struct Deployment {
    home: TempDir,
    yard: Yard,
    model: BTreeMap<&'static str, Model>,
    component: Vec<u8>,
}

impl Deployment {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let yard = Yard::of(Node::builder().threads(2).directory(home.path())).await;
        let model = NAMES.map(|name| (name, Model::default())).into();
        Self { home, yard, model, component: guest("keeper") }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.home.path().join("workers").join(file)
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        fs::write(self.path(".aside"), bytes).unwrap();
        fs::rename(self.path(".aside"), self.path(file)).unwrap();
    }

    /// Both files, as a pair: the component goes first where there is none yet.
    fn deploy(&self, name: &str, version: u8) {
        let manifest = format!(
            "save = \"every-message\"\nargs = \"if-config broken {{reject broken}}\"\n\
             [config]\nversion = \"{version}\"\n"
        );
        self.put(&format!("{name}.toml"), manifest.as_bytes());
        self.put(&format!("{name}.wasm"), &self.component);
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Deploy(name, version) => {
                let name = NAMES[name];
                self.deploy(name, version);
                self.deployed(name, version);
                self.settle(name).await;
                self.end_trial(name).await;
            }
            Step::Damage(name) => {
                let name = NAMES[name];
                self.put(&format!("{name}.wasm"), b"no component");
                let model = self.model.get_mut(name).unwrap();
                model.files = Files::Bad;
                until("it is refused", || {
                    let status = self.yard.status(name)?;
                    let why = status.refused.or(status.ended)?;
                    why.contains("is not WebAssembly").then_some(())
                })
                .await;
            }
            Step::Remove(name) => {
                let name = NAMES[name];
                for ending in ["wasm", "toml"] {
                    let _ = fs::remove_file(self.path(&format!("{name}.{ending}")));
                }
                self.model.insert(name, Model::default());
                until("it is gone", || self.yard.status(name).is_none().then_some(())).await;
            }
            Step::Crash(name) => {
                assert!(self.yard.ask(NAMES[name], "set lost; trap").await.is_err());
            }
            Step::CrashOnTrial(name, version) => self.crash_on_trial(NAMES[name], version).await,
            Step::Stop(name) => {
                let stopped = self.yard.node.stop_worker(NAMES[name]).await;
                let model = self.model.get_mut(NAMES[name]).unwrap();
                assert_eq!(stopped.is_ok(), model.runs.take().is_some());
            }
            Step::Send(name, value) => {
                let answer = self.yard.ask(NAMES[name], &format!("set {value}; reply done")).await;
                let runs = &mut self.model.get_mut(NAMES[name]).unwrap().runs;
                assert_eq!(answer.is_ok(), runs.is_some(), "{answer:?}");
                if let Some((_, state)) = runs {
                    *state = value.to_string();
                }
            }
        }
        for name in NAMES {
            self.settle(name).await;
        }
    }

    fn deployed(&mut self, name: &'static str, version: u8) {
        let model = self.model.get_mut(name).unwrap();
        // What was stopped, and whose files have not changed since, stays so.
        if model.files == Files::Good(version) && model.runs.is_none() {
            return;
        }
        model.files = Files::Good(version);
        let state = model.runs.take().map_or_else(String::new, |(_, state)| state);
        model.runs = Some((version, state));
    }

    /// A new version that fails its first message loses its place to the one before.
    async fn crash_on_trial(&mut self, name: &'static str, version: u8) {
        let model = self.model[name].clone();
        let Some((before, _)) = model.runs else { return };
        if before == version || model.files == Files::Good(version) {
            return;
        }
        self.deploy(name, version);
        self.until_version(name, version).await;
        let outcome = self.yard.ask(name, "set lost; trap").await;
        assert!(outcome.is_err(), "{outcome:?}");
        self.until_version(name, before).await;
        // Files and what runs are two things now; something else brings them together.
        let next = version + 10;
        self.deploy(name, next);
        self.deployed(name, next);
        self.settle(name).await;
        self.end_trial(name).await;
    }

    async fn until_version(&self, name: &str, version: u8) {
        for _ in 0..400 {
            let answer = self.yard.ask(name, "config version; reply").await;
            if answer.as_deref() == Ok(&*format!("Some(\"{version}\")")) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("`{name}` does not come to version {version}");
    }

    /// Beyond the messages in which a new version may lose its place again.
    async fn end_trial(&self, name: &str) {
        for _ in 0..8 {
            let _ = self.yard.ask(name, "reply").await;
        }
    }

    /// Wait until it is as the model says, state included.
    async fn settle(&self, name: &str) {
        match &self.model[name].runs {
            Some((version, state)) => {
                self.until_version(name, *version).await;
                let answer = self.yard.answer(name, "state; reply").await;
                assert_eq!(answer, *state, "the state of `{name}`");
            }
            None => {
                let stopped = |status: skep::WorkerStatus| status.state == State::Stopped;
                let look = || self.yard.status(name).is_none_or(stopped).then_some(());
                until("it does not run", look).await;
            }
        }
    }
}

#[test]
fn files_and_workers_stay_together() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config =
        Config { cases: 8, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, seed)
        .run(&prop::collection::vec(step(), 4..12), |steps| {
            runtime.block_on(async {
                let mut deployment = Deployment::new().await;
                for step in steps {
                    deployment.step(step).await;
                }
                deployment.yard.node.stop().await;
            });
            Ok(())
        })
        .unwrap();
}
