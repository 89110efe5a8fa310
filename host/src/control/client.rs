//! The other end of the socket: what the command asks a running node.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use crate::control::{
    Complaint, Dropped, Letter, Measured, NodeInfo, Redelivered, Reply, SendOrder, Stopped,
    Stopping, WorkerInfo, socket,
};

/// The largest answer that is read: a list of many workers.
const LARGEST: usize = 1 << 30;
/// How often it is looked whether a node is down.
const LOOK: Duration = Duration::from_millis(20);

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

    /// The node itself.
    ///
    /// # Errors
    /// Each of these says why there is no answer.
    pub async fn node(&self) -> Result<NodeInfo, ClientError> {
        self.call(Method::GET, "/node", None::<&()>).await
    }

    /// Its workers.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn workers(&self) -> Result<Vec<WorkerInfo>, ClientError> {
        self.call(Method::GET, "/ps", None::<&()>).await
    }

    /// One of its workers.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn worker(&self, address: &str) -> Result<WorkerInfo, ClientError> {
        self.call(Method::GET, &format!("/ps/{}", segment(address)), None::<&()>).await
    }

    /// Send a message, and get its answer.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn send(&self, order: &SendOrder) -> Result<Reply, ClientError> {
        self.call(Method::POST, "/send", Some(order)).await
    }

    /// Send as many messages as `order.count` says.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn measure(&self, order: &SendOrder) -> Result<Measured, ClientError> {
        self.call(Method::POST, "/send", Some(order)).await
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

    /// Stop a worker, and wait until it has stopped.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn stop_worker(&self, address: &str) -> Result<Stopped, ClientError> {
        self.call(Method::POST, &format!("/stop/{}", segment(address)), None::<&()>).await
    }

    /// Stop the node, and wait until it is down and its directory free.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn stop(&self) -> Result<Stopping, ClientError> {
        let node = socket::holder(&self.directory);
        let stopping = self.call(Method::POST, "/stop", None::<&()>).await?;
        // Not for a node that comes after it, and not for what a killed one left.
        while socket::is_locked(&self.directory) && socket::holder(&self.directory) == node {
            tokio::time::sleep(LOOK).await;
        }
        Ok(stopping)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        let body = body.map(serde_json::to_vec).transpose().map_err(|why| self.broken(&why))?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "skep")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|why| self.broken(&why))?;
        let (status, answer) = self.exchange(request).await?;
        if status.is_success() {
            return serde_json::from_slice(&answer).map_err(|why| self.broken(&why));
        }
        let complaint = serde_json::from_slice(&answer).map_err(|why| self.broken(&why))?;
        Err(ClientError::Refused { complaint, status: status.as_u16() })
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let stream = TokioIo::new(self.connect().await?);
        let handshake = hyper::client::conn::http1::handshake(stream).await;
        let (mut sender, connection) = handshake.map_err(|why| self.broken(&why))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|why| self.broken(&why))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST).collect().await;
            Ok((status, body.map_err(|why| self.broken(&why))?.to_bytes()))
        };
        // The connection is polled along with the exchange that it carries.
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => answer,
            _ = connection => exchange.await,
        }
    }

    async fn connect(&self) -> Result<UnixStream, ClientError> {
        let directory = self.directory.clone();
        let failed = match UnixStream::connect(socket::find(&self.directory)).await {
            Ok(stream) => return Ok(stream),
            Err(failed) => failed,
        };
        Err(match failed.kind() {
            ErrorKind::PermissionDenied => ClientError::NotAllowed { directory },
            _ if socket::is_locked(&self.directory) => ClientError::NotListening { directory },
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                ClientError::NotRunning { directory }
            }
            _ => self.broken(&failed),
        })
    }

    fn broken(&self, why: &impl std::fmt::Display) -> ClientError {
        ClientError::Broken { directory: self.directory.clone(), why: why.to_string() }
    }
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
    fn addresses_are_one_segment() {
        assert_eq!(segment("spawner.one"), "spawner.one");
        assert_eq!(segment("1#h:1/a%20?"), "1%23h%3A1%2Fa%2520%3F");
    }
}
