//! [`Context`]: the node, as a worker may use it.

use std::cell::OnceCell;
use std::time::Duration;

use crate::{
    Address, Birth, Encode, Error, Level, Message, Result, Route, SendError, TimerId, host,
};

/// The node, as a worker may use it.
///
/// Whatever a handler asks for here is checked at once, and done when it returns
/// `Ok` or at its next [`request`](Self::request); when it fails, what it has asked
/// for since then is not done. Only log lines are not held back.
#[derive(Debug)]
pub struct Context {
    birth: Birth,
    address: OnceCell<Address>,
}

impl Context {
    pub(crate) const fn new() -> Self {
        Self { birth: Birth::First, address: OnceCell::new() }
    }

    pub(crate) fn begin(&mut self, birth: Birth) {
        self.birth = birth;
    }

    /// This worker's own first address.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.address.get_or_init(host::own_address)
    }

    /// Why this instance began. Only a worker that implements `initialize` is told;
    /// to others it is always [`Birth::First`].
    #[must_use]
    pub fn birth(&self) -> &Birth {
        &self.birth
    }

    /// A value from this worker's manifest, as text.
    #[must_use]
    pub fn config(&self, key: &str) -> Option<String> {
        host::config(key)
    }

    /// The time since the Unix epoch, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_millis(host::now())
    }

    /// At most 4,096 bytes fit for keys.
    #[must_use]
    pub fn random_bytes(&self, count: u32) -> Vec<u8> {
        host::random_bytes(count)
    }
}

/// Messages.
impl Context {
    /// Sends `body` along `to`.
    ///
    /// # Errors
    /// When `body` has no encoding or the message is not accepted ([`SendError`]).
    pub fn send(&self, to: impl Into<Route>, body: impl Encode) -> Result<()> {
        Ok(host::send(&to.into(), &body.to_payload()?)?)
    }

    /// Sends `body` along `to` and waits for the answer. The worker waits; the node
    /// does not. What the handler has asked for so far is done before.
    ///
    /// # Errors
    /// When no answer comes ([`RequestError`](crate::RequestError)), or one that is
    /// no `R`.
    pub fn request<R: Message>(
        &self,
        to: impl Into<Route>,
        body: impl Encode,
        timeout: Duration,
    ) -> Result<R> {
        let milliseconds = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let answer = host::request(&to.into(), &body.to_payload()?, milliseconds)?;
        Ok(R::decode(&answer)?)
    }

    /// Sends `body` along `to` after a delay, in whole milliseconds. To this worker
    /// itself it comes from the node, with [`Notice::Timer`](crate::Notice::Timer).
    ///
    /// # Errors
    /// When the delay is longer than 49 days, `body` has no encoding, or the message
    /// is not accepted.
    pub fn send_after(
        &self,
        delay: Duration,
        to: impl Into<Route>,
        body: impl Encode,
    ) -> Result<TimerId> {
        let milliseconds = u32::try_from(delay.as_millis())
            .map_err(|_| Error::from(SendError::Other("a delay is at most 49 days".into())))?;
        Ok(host::send_after(milliseconds, &to.into(), &body.to_payload()?)?)
    }

    /// Cancels a timer of this worker's; one that has run out or is not known is
    /// none of its concern.
    pub fn cancel(&self, timer: TimerId) {
        host::cancel(timer);
    }
}

/// Other workers, and the node.
impl Context {
    /// Starts a worker from a component of this node, under `name` below this
    /// worker's own (`parent.name`) or a fresh one. `args` reach its `initialize`.
    /// Needs the grant `start-workers`.
    ///
    /// # Errors
    /// When it is not started ([`StartError`](crate::StartError)).
    pub fn start_worker(
        &self,
        component: &str,
        name: Option<&str>,
        args: impl AsRef<[u8]>,
    ) -> Result<Address> {
        Ok(host::start_worker(component, name, args.as_ref())?)
    }

    /// Stops this worker, or one that it has started.
    ///
    /// # Errors
    /// When it is not this worker's to stop, or there is none.
    pub fn stop_worker(&self, address: &Address) -> Result<()> {
        Ok(host::stop_worker(address)?)
    }

    /// Has `body` sent to this worker once that one has stopped for good, for
    /// whatever reason; at once if there is none. It comes from the node, with
    /// [`Notice::Stopped`](crate::Notice::Stopped).
    ///
    /// # Errors
    /// When `body` has no encoding or there are too many monitors.
    pub fn monitor(&self, address: &Address, body: impl Encode) -> Result<()> {
        Ok(host::monitor(address, &body.to_payload()?)?)
    }

    /// Ends a [`monitor`](Self::monitor).
    pub fn demonitor(&self, address: &Address) {
        host::demonitor(address);
    }

    /// Stops the node. Needs the grant `stop-node`.
    ///
    /// # Errors
    /// When it is not granted.
    pub fn stop_node(&self) -> Result<()> {
        Ok(host::stop_node()?)
    }
}

/// Log lines. They are written at once, also when the handler fails afterwards.
impl Context {
    /// Writes a line to the node's log.
    pub fn log(&self, level: Level, text: impl AsRef<str>) {
        host::log(level, text.as_ref());
    }

    /// Logs something for finding a fault.
    pub fn debug(&self, text: impl AsRef<str>) {
        self.log(Level::Debug, text);
    }

    /// Logs what a person who runs the node likes to know.
    pub fn info(&self, text: impl AsRef<str>) {
        self.log(Level::Info, text);
    }

    /// Logs that something is not as it should be.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.log(Level::Warn, text);
    }

    /// Logs that something failed.
    pub fn error(&self, text: impl AsRef<str>) {
        self.log(Level::Error, text);
    }
}
