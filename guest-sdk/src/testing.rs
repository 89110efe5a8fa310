//! A node for plain `cargo test`: workers run as they are, without WebAssembly.
//!
//! ```
//! use skep_worker::{prelude::*, testing::Node};
//!
//! #[derive(Default)]
//! struct Echoer;
//!
//! impl Worker for Echoer {
//!     type Message = String;
//!
//!     fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
//!         msg.reply(msg.body())
//!     }
//! }
//!
//! let mut node = Node::new();
//! node.start("echoer", Echoer)?;
//! assert_eq!(node.request::<String>("echoer", "Hello Skep!")?, "Hello Skep!");
//! # Ok::<(), Error>(())
//! ```
//!
//! It keeps a node's rules of messaging: one message at a time and in order, all or
//! nothing, retry and reject, full mailboxes, requests with their failures, timers,
//! monitors, children, reload. It runs on the test's own thread, always in the same
//! order, and time passes only when the test says so ([`Node::advance`]) or waits in
//! a request. What it leaves out: limits other than those of mailboxes and hops,
//! grants (all are given), access rules, other nodes, restarts (a panic is the
//! test's), and stopping children with their parent.

pub(crate) mod call;
pub(crate) mod core;
mod run;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use self::core::{Core, Letter, Seat};
use crate::instance::Instance;
use crate::{Address, Birth, Encode, Failure, Level, Message, Origin, Result, Route, Worker};

/// How long [`Node::request`] waits, in the node's own time.
const PATIENCE: u64 = 30_000;

/// A node for tests. The test itself is its worker `app`.
#[derive(Debug)]
pub struct Node {
    core: Rc<RefCell<Core>>,
}

/// A line that a worker has logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The worker.
    pub address: Address,
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub text: String,
}

/// A message that a worker has failed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The worker.
    pub address: Address,
    /// The message's bytes.
    pub payload: Vec<u8>,
    /// 1 for the first delivery, 2 for the second, …
    pub attempt: u32,
    /// What becomes of it, and why.
    pub failure: Failure,
}

/// A message that has reached `app` or a [stand-in](Node::stand_in).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its bytes.
    pub payload: Vec<u8>,
    /// What was left of its way.
    pub onward_route: Route,
    /// The way back to where it came from.
    pub return_route: Route,
    /// Who put it on its way.
    pub sender: Origin,
}

impl Received {
    /// The payload as a value.
    ///
    /// # Errors
    /// When it is none.
    pub fn body<M: Message>(&self) -> Result<M> {
        Ok(M::decode(&self.payload)?)
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::new()
    }
}

/// Setting up.
impl Node {
    /// A node without workers.
    #[must_use]
    pub fn new() -> Self {
        let node = Self { core: Rc::default() };
        node.core.borrow_mut().add(app(), Seat::StandIn, None, &[]);
        node
    }

    /// Starts a worker at this address.
    ///
    /// # Errors
    /// When its `initialize` fails or the address is taken.
    pub fn start<W: Worker>(&mut self, address: impl Into<Address>, worker: W) -> Result<()> {
        self.start_with(address, worker, [])
    }

    /// Starts a worker at this address, with arguments.
    ///
    /// # Errors
    /// When its `initialize` fails or the address is taken.
    pub fn start_with<W: Worker>(
        &mut self,
        address: impl Into<Address>,
        worker: W,
        args: impl AsRef<[u8]>,
    ) -> Result<()> {
        let address = address.into();
        self.core.borrow().free(&address)?;
        run::start(&self.core, &address, Box::new(Instance::new(worker)), None, args.as_ref())?;
        run::until_quiet(&self.core);
        Ok(())
    }

    /// Lets workers start others from a component of this name.
    pub fn component<W: Worker + Default>(&mut self, name: &str) {
        let component = || -> Box<dyn run::Run> { Box::new(Instance::new(W::default())) };
        self.core.borrow_mut().components.insert(name.into(), component);
    }

    /// Puts a value into the configuration of the worker at this address, started or
    /// not yet.
    pub fn configure(&mut self, address: impl Into<Address>, key: &str, value: &str) {
        self.core.borrow_mut().config.insert((address.into(), key.into()), value.into());
    }

    /// Lets the mailbox at this address hold so many messages; with 0 it is full.
    pub fn mailbox_limit(&mut self, address: impl Into<Address>, messages: usize) {
        self.core.borrow_mut().limits.insert(address.into(), messages);
    }

    /// Has messages to this address kept for [`received`](Self::received).
    pub fn stand_in(&mut self, address: impl Into<Address>) {
        self.core.borrow_mut().add(address.into(), Seat::StandIn, None, &[]);
    }
}

/// Running.
impl Node {
    /// Sends a message from `app`, and lets the workers run until nothing is left to
    /// handle now.
    ///
    /// # Errors
    /// When the message is not accepted.
    pub fn send(&mut self, to: impl Into<Route>, body: impl Encode) -> Result<()> {
        self.put(to.into(), &body, app().into(), None)?;
        run::until_quiet(&self.core);
        Ok(())
    }

    /// Asks from `app`, and lets the workers run until the answer is there; 30 seconds
    /// of the node's time at most.
    ///
    /// # Errors
    /// When no answer comes, or one that is no `R`.
    pub fn request<R: Message>(&mut self, to: impl Into<Route>, body: impl Encode) -> Result<R> {
        let (answer, until) = self.core.borrow_mut().expect_answer(PATIENCE);
        let back = answer.clone().into();
        let sent = self.put(to.into(), &body, back, Some((answer.clone(), until)));
        let answered = sent.and_then(|()| Ok(run::wait(&self.core, &answer, until)?));
        self.core.borrow_mut().forget(&answer);
        run::until_quiet(&self.core);
        Ok(R::decode(&answered?)?)
    }

    /// Lets time pass: timers run out and retries come due, in order.
    pub fn advance(&mut self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let until = self.core.borrow().now.saturating_add(by);
        run::until_quiet(&self.core);
        while run::pass(&self.core, until) {
            run::until_quiet(&self.core);
        }
    }

    /// Has a new instance of the worker take over: what the old one saves is
    /// restored in it.
    ///
    /// # Errors
    /// When the state cannot be saved or restored, or `initialize` fails: the old
    /// instance stays.
    pub fn reload<W: Worker>(&mut self, address: impl Into<Address>, worker: W) -> Result<()> {
        run::reload(&self.core, &address.into(), Box::new(Instance::new(worker)), Birth::Reload)?;
        run::until_quiet(&self.core);
        Ok(())
    }

    /// Stops the worker at this address.
    pub fn stop(&mut self, address: impl Into<Address>) {
        run::stop(&self.core, &address.into(), "stopped");
        run::until_quiet(&self.core);
    }

    fn put(
        &self,
        to: Route,
        body: &dyn Encode,
        back: Route,
        asked: Option<(Address, u64)>,
    ) -> Result<()> {
        let mut core = self.core.borrow_mut();
        let mut letter = Letter::new(to, back, Origin::Worker(app()), &body.to_payload()?)?;
        core.has_room(&letter.recipient, 0)?;
        (letter.token, letter.until) = asked.unzip();
        core.deliver(letter);
        Ok(())
    }
}

/// Looking.
impl Node {
    /// Takes the messages that have reached this address: `app` or a stand-in.
    #[must_use]
    pub fn received(&mut self, address: impl Into<Address>) -> Vec<Received> {
        self.core.borrow_mut().take_mail(&address.into()).into_iter().map(Received::from).collect()
    }

    /// All lines logged so far.
    #[must_use]
    pub fn logs(&self) -> Vec<Log> {
        self.core.borrow().logs.clone()
    }

    /// All failures so far, of which those that say `Reject` are dead letters.
    #[must_use]
    pub fn failures(&self) -> Vec<Failed> {
        self.core.borrow().failures.clone()
    }

    /// The addresses of the workers, in order.
    #[must_use]
    pub fn workers(&self) -> Vec<Address> {
        self.core.borrow().workers()
    }

    /// Whether a worker has stopped the node. A test's node goes on.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.core.borrow().stopped
    }
}

fn app() -> Address {
    Address::local(b"app")
}

impl From<Letter> for Received {
    fn from(letter: Letter) -> Self {
        Self {
            payload: letter.payload,
            onward_route: letter.onward,
            return_route: letter.back,
            sender: letter.origin,
        }
    }
}
