//! A node with the program around it, as a test sees them.

use std::sync::{Arc, LazyLock};

use skep::error::{RequestError, StartError};
use skep::{
    Address, App, DeadLetter, Node, NodeBuilder, Routed, State, WorkerOptions, WorkerStatus,
};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::guests::guest;
use crate::logs;
use crate::wait::{soon, until};

/// Tests beside each other, or one alone.
static TURNS: LazyLock<Arc<RwLock<()>>> = LazyLock::new(Arc::default);

enum Turn {
    Shared(#[expect(dead_code, reason = "held")] OwnedRwLockReadGuard<()>),
    Alone(#[expect(dead_code, reason = "held")] OwnedRwLockWriteGuard<()>),
}

/// A node with the program around it.
pub struct Yard {
    /// The node.
    pub node: Node,
    /// The program, as the worker `app`.
    pub app: App,
    _turn: Turn,
}

impl Yard {
    /// A node with two threads and nothing in it.
    pub async fn new() -> Self {
        Self::of(Node::builder().threads(2)).await
    }

    /// A node of one's own.
    pub async fn of(builder: NodeBuilder) -> Self {
        let turn = Turn::Shared(TURNS.clone().read_owned().await);
        Self::in_turn(builder, turn).await
    }

    /// A node in a process without others: its log is the only one.
    pub async fn alone(builder: NodeBuilder) -> Self {
        let turn = Turn::Alone(TURNS.clone().write_owned().await);
        logs::listen();
        Self::in_turn(builder, turn).await
    }

    async fn in_turn(builder: NodeBuilder, turn: Turn) -> Self {
        let node = soon("a node starts", builder.start()).await.expect("a node");
        let app = node.app();
        Self { node, app, _turn: turn }
    }

    /// Start a guest under a name.
    pub async fn start(&self, name: &str, from: &str) -> Address {
        self.start_with(name, from, |_| {}).await
    }

    /// Start a guest with other options than the default.
    pub async fn start_with(
        &self,
        name: &str,
        from: &str,
        set: impl FnOnce(&mut WorkerOptions),
    ) -> Address {
        let started = self.try_start(name, guest(from), set).await;
        started.unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// Start a component that may not start.
    pub async fn try_start(
        &self,
        name: &str,
        component: Vec<u8>,
        set: impl FnOnce(&mut WorkerOptions),
    ) -> Result<Address, StartError> {
        let mut options = WorkerOptions::default();
        set(&mut options);
        soon("a worker starts", self.node.start_component(name, component, options)).await
    }

    /// Ask for something, and wait for what comes of it.
    pub async fn ask(&self, to: &str, payload: &str) -> Result<String, RequestError> {
        soon("an outcome", self.app.send_and_receive(to, payload)).await
    }

    /// Ask for something that has to be answered.
    pub async fn answer(&self, to: &str, payload: &str) -> String {
        let answer = self.ask(to, payload).await;
        answer.unwrap_or_else(|why| panic!("`{to}` on `{payload}`: {why}"))
    }

    /// Ask for something that has to fail, and say why it did.
    pub async fn failure(&self, to: &str, payload: &str) -> String {
        match self.ask(to, payload).await {
            Ok(answer) => panic!("`{to}` on `{payload}`: {answer}"),
            Err(
                RequestError::Failed(why)
                | RequestError::Rejected(why)
                | RequestError::Dropped(why),
            ) => why,
            Err(why) => why.to_string(),
        }
    }

    /// Start a worker `w` from bytes that are none, and say why they are not.
    pub async fn refusal(&self, bytes: Vec<u8>) -> String {
        match self.try_start("w", bytes, |_| {}).await {
            Err(StartError::Component(why)) => why,
            started => panic!("{started:?}"),
        }
    }

    /// Send, and go on.
    pub async fn send(&self, to: &str, payload: &str) {
        let sent = self.app.send(to, payload).await;
        sent.unwrap_or_else(|why| panic!("to `{to}`: {why}"));
    }

    /// The next message that was sent to `app`.
    pub async fn receive(&mut self) -> Routed<String> {
        soon("a message", self.app.receive()).await.expect("a message")
    }

    /// What the next messages to `app` say.
    pub async fn bodies(&mut self, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        for _ in 0..count {
            bodies.push(self.receive().await.into_body());
        }
        bodies
    }

    /// A worker as the node shows it.
    pub fn status(&self, name: &str) -> Option<WorkerStatus> {
        self.node.workers().into_iter().find(|worker| worker.address == Address::from(name))
    }

    /// Wait until a worker is in this state, or gone for [`State::Stopped`].
    pub async fn until_state(&self, name: &str, state: State) {
        let look = || match self.status(name) {
            None => (state == State::Stopped).then_some(()),
            Some(found) => (found.state == state).then_some(()),
        };
        until(&format!("`{name}` is {}", state.name()), look).await;
    }

    /// The names of all workers.
    pub fn workers(&self) -> Vec<String> {
        self.node.workers().iter().map(|worker| worker.address.to_string()).collect()
    }

    /// Wait for so many dead letters.
    pub async fn letters(&self, count: usize) -> Vec<DeadLetter> {
        let look = || Some(self.node.dead_letters()).filter(|letters| letters.len() >= count);
        until(&format!("{count} dead letters"), look).await
    }

    /// Wait for a dead letter whose reason has these words.
    pub async fn letter(&self, words: &str) -> DeadLetter {
        let look = || self.node.dead_letters().into_iter().find(|each| each.reason.contains(words));
        until(&format!("a dead letter: {words}"), look).await
    }

    /// Keep a puppet in the middle of a message, until [`Yard::unblock`].
    pub async fn block(&mut self, puppet: &str) {
        let silent = format!("{puppet}-silent");
        self.start(&silent, "puppet").await;
        self.send(puppet, &format!("request {silent} 30000 {{keep; send app blocked}}")).await;
        assert_eq!(self.receive().await.body(), "blocked");
    }

    /// Let a puppet go on.
    pub async fn unblock(&self, puppet: &str) {
        self.send(&format!("{puppet}-silent"), "answer on").await;
    }
}
