//! The other end of the socket: what the command asks a running node.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{
    ChannelInfo, Complaint, Dropped, Ended, Feed, Letter, LinkInfo, Measured, NodeInfo, PAGE,
    Question, Redelivered, Reloaded, Reply, SendOrder, StopInfo, StopOrder, Stopped, WorkerInfo,
    socket,
};

/// How long a node may take to answer what needs no waiting.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a node that takes its time is asked whether it lives.
const QUESTION: Duration = Duration::from_secs(5);
/// How long the node waits for an answer where the order does not say.
const SEND: Duration = Duration::from_secs(30);
/// How often it is looked whether a node is down.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// Why a running node did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// There is no node.
    #[error("no node is running on {}", directory.display())]
    NotRunning {
        /// The directory that was tried.
        directory: PathBuf,
    },
    /// There cannot be one.
    #[error("{} is not a directory", directory.display())]
    NotADirectory {
        /// What was given for one.
        directory: PathBuf,
    },
    /// It holds its directory, and does not listen.
    #[error("the node on {} is still starting, or about to end: try again", directory.display())]
    NotListening {
        /// Its directory.
        directory: PathBuf,
    },
    /// It is another user's.
    #[error("the node on {} is another user's: only that user and root may control it", directory.display())]
    NotAllowed {
        /// Its directory.
        directory: PathBuf,
    },
    /// It refused.
    #[error("{}", complaint.error)]
    Refused {
        /// What it said.
        complaint: Complaint,
        /// The HTTP status.
        status: u16,
    },
    /// It does not answer: it may be suspended, or the machine has too much to do.
    #[error("the node on {} has not answered within {seconds} s", directory.display())]
    Silent {
        /// Its directory.
        directory: PathBuf,
        /// Its process, if that is known.
        pid: Option<u32>,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It ended before it had answered.
    #[error("the node on {} ended before it had answered", directory.display())]
    Ended {
        /// Its directory.
        directory: PathBuf,
    },
    /// It went away in the middle, or answered what cannot be read.
    #[error("the node on {} did not answer: {why}", directory.display())]
    Broken {
        /// Its directory.
        directory: PathBuf,
        /// What happened.
        why: String,
    },
}

/// A client of the node that runs on a directory.
#[derive(Clone, Debug)]
pub struct Client {
    directory: PathBuf,
}

impl Client {
    /// Talk to the node on this directory. It need not run yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Whose node it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether it runs: it holds its directory.
    #[must_use]
    pub fn is_running(&self) -> bool {
        socket::is_locked(&self.directory)
    }

    /// The node itself.
    ///
    /// # Errors
    /// Each of these says why there is no answer.
    pub async fn node(&self) -> Result<NodeInfo, ClientError> {
        self.call(Method::GET, "/node", None::<&()>).await
    }

    /// Its workers by address, as many as are told at a time, after those that `after` is the
    /// last of; without `limits` what they use of each is left out. None follow an empty page.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn workers(
        &self,
        after: Option<&str>,
        limits: bool,
    ) -> Result<Vec<WorkerInfo>, ClientError> {
        let after = after.map(|after| format!("&after={}", segment(after))).unwrap_or_default();
        let path = format!("/ps?limit={PAGE}&brief={}{after}", !limits);
        self.call(Method::GET, &path, None::<&()>).await
    }

    /// One of its workers.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn worker(&self, address: &str) -> Result<WorkerInfo, ClientError> {
        self.call(Method::GET, &format!("/ps/{}", segment(address)), None::<&()>).await
    }

    /// What happens there from now on, to one worker or to all; first as many events as are
    /// asked for of those that are over.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn events(&self, recent: usize, worker: Option<&str>) -> Result<Feed, ClientError> {
        let worker = worker.map(|worker| format!("&worker={}", segment(worker)));
        let path = format!("/events?recent={recent}{}", worker.unwrap_or_default());
        self.within(PATIENCE, self.feed(&path)).await
    }

    /// Its links to other nodes.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn links(&self) -> Result<Vec<LinkInfo>, ClientError> {
        self.call(Method::GET, "/links", None::<&()>).await
    }

    /// Its secure channels to other nodes.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn channels(&self) -> Result<Vec<ChannelInfo>, ClientError> {
        self.call(Method::GET, "/channels", None::<&()>).await
    }

    /// What would become of a message along a route.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn explain(&self, question: &Question) -> Result<Vec<StopInfo>, ClientError> {
        self.call(Method::POST, "/explain", Some(question)).await
    }

    /// Send a message, and get its answer.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn send(&self, order: &SendOrder) -> Result<Reply, ClientError> {
        self.within(patience(order), self.exchange(Method::POST, "/send", Some(order))).await
    }

    /// Send as many messages as `order.count` says.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn measure(&self, order: &SendOrder) -> Result<Measured, ClientError> {
        self.within(patience(order), self.exchange(Method::POST, "/send", Some(order))).await
    }

    /// Its dead letters, without what they say.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn letters(&self) -> Result<Vec<Letter>, ClientError> {
        self.call(Method::GET, "/dead-letters", None::<&()>).await
    }

    /// One of its dead letters.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn letter(&self, number: u64) -> Result<Letter, ClientError> {
        self.call(Method::GET, &format!("/dead-letters/{number}"), None::<&()>).await
    }

    /// Send a dead letter on its way again.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn redeliver(&self, number: u64) -> Result<Redelivered, ClientError> {
        let path = format!("/dead-letters/{number}/redeliver");
        self.call(Method::POST, &path, None::<&()>).await
    }

    /// Forget a dead letter, or all.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn drop_letters(&self, number: Option<u64>) -> Result<Dropped, ClientError> {
        let path = number.map_or("/dead-letters".into(), |n| format!("/dead-letters/{n}"));
        self.call(Method::DELETE, &path, None::<&()>).await
    }

    /// Bring a worker in line with its files, and wait until it is.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn reload(&self, name: &str) -> Result<Reloaded, ClientError> {
        let path = format!("/reload/{}", segment(name));
        self.while_alive(self.exchange(Method::POST, &path, None::<&()>)).await
    }

    /// The same of all workers that have files.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn reload_all(&self) -> Result<Vec<Reloaded>, ClientError> {
        self.while_alive(self.exchange(Method::POST, "/reload", None::<&()>)).await
    }

    /// Have the generation before a worker's current one take over again.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn roll_back(&self, address: &str) -> Result<Reloaded, ClientError> {
        let path = format!("/rollback/{}", segment(address));
        self.while_alive(self.exchange(Method::POST, &path, None::<&()>)).await
    }

    /// Stop a worker, and wait until it has stopped, as long as the node shows that it lives.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn stop_worker(&self, address: &str) -> Result<Stopped, ClientError> {
        let path = format!("/stop/{}", segment(address));
        self.while_alive(self.exchange(Method::POST, &path, None::<&()>)).await
    }

    /// Stop the node, and wait until it is down and its directory free; with `now` its
    /// workers do not handle what they have.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn stop(&self, now: bool) -> Result<Ended, ClientError> {
        let node = socket::holder(&self.directory);
        let order = StopOrder { now, wait: true };
        let stopping = self.exchange(Method::POST, "/stop", Some(&order));
        let ended = self.while_alive(stopping).await?;
        let free = async {
            // Not for a node that comes after it, and not for what a killed one left.
            while socket::is_locked(&self.directory) && socket::holder(&self.directory) == node {
                tokio::time::sleep(LOOK).await;
            }
            Ok(ended)
        };
        self.within(PATIENCE, free).await
    }

    /// Ask for something that is answered at once.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        self.within(PATIENCE, self.exchange(method, path, body)).await
    }

    /// Wait no longer than this.
    async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let answer = tokio::time::timeout(limit, answer).await;
        answer.unwrap_or_else(|_| Err(self.silent(limit)))
    }

    /// Wait for what may take long, until the node does not even answer a question.
    async fn while_alive<T>(
        &self,
        answer: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let question = async {
                tokio::time::sleep(QUESTION).await;
                self.node().await
            };
            let asked = tokio::select! {
                answer = &mut answer => return answer,
                asked = question => asked,
            };
            // Any other failure of the question the answer will meet, too.
            if let Err(why @ ClientError::Silent { .. }) = asked {
                return Err(why);
            }
        }
    }

    fn silent(&self, limit: Duration) -> ClientError {
        let directory = self.directory.clone();
        let pid = socket::holder(&directory).and_then(|pid| pid.trim().parse().ok());
        ClientError::Silent { directory, pid, seconds: limit.as_secs() }
    }
}

/// How long the node may take to answer an order: as long as the order says, and a little.
fn patience(order: &SendOrder) -> Duration {
    let each = order.timeout_ms.map_or(SEND, Duration::from_millis);
    let outstanding = u64::from(order.outstanding.unwrap_or(1).max(1));
    let rounds = order.count.unwrap_or(1).div_ceil(outstanding);
    let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
    each.saturating_mul(rounds).saturating_add(PATIENCE)
}

/// A part of a path: all that could be taken for something else is escaped.
fn segment(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._~-".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_waited_for_as_long_as_they_say() {
        let order = |timeout_ms, count| SendOrder { timeout_ms, count, ..SendOrder::default() };
        assert_eq!(patience(&order(None, None)), SEND + PATIENCE);
        assert_eq!(patience(&order(Some(500), None)), Duration::from_millis(500) + PATIENCE);
        assert_eq!(patience(&order(Some(500), Some(4))), Duration::from_secs(2) + PATIENCE);
        assert!(patience(&order(Some(86_400_000), Some(1 << 30))) > Duration::from_secs(1 << 40));
    }

    #[test]
    fn addresses_are_one_segment() {
        assert_eq!(segment("spawner.one"), "spawner.one");
        assert_eq!(segment("1#h:1/a%20?"), "1%23h%3A1%2Fa%2520%3F");
    }
}
