//! One request to a running node, and its answer.

use std::io::ErrorKind;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::Instant;

use crate::control::client::LOOK;
use crate::control::{Client, ClientError, Feed, socket};

/// The largest answer that is read: a list of many workers.
const LARGEST: usize = 1 << 30;
/// How soon a connection is tried again when too many wait for the node to accept them.
const AGAIN: Duration = Duration::from_millis(50);
/// How long a node that has ended may keep its lock: the system closes one file after the
/// other.
const MOMENT: Duration = Duration::from_secs(1);

impl Client {
    /// Ask, and wait for the answer: with no end, where the node is silent.
    pub(super) async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        let body = body.map(serde_json::to_vec).transpose().map_err(|why| self.broken(&why))?;
        let (status, answer) = self.ask(self.request(method, path, body)?).await?;
        if status.is_success() {
            return serde_json::from_slice(&answer).map_err(|why| self.broken(&why));
        }
        Err(self.refused(status, &answer))
    }

    /// Ask for what comes bit by bit. The node answers at once, be there something or not.
    pub(super) async fn feed(&self, path: &str) -> Result<Feed, ClientError> {
        let stream = TokioIo::new(self.connect().await?);
        let handshake = hyper::client::conn::http1::handshake(stream).await;
        let (mut sender, connection) = handshake.map_err(|why| self.broken(&why))?;
        let connection = tokio::spawn(connection).abort_handle();
        let request = self.request(Method::GET, path, None)?;
        let response = match sender.send_request(request).await {
            Ok(response) => response,
            Err(why) => return Err(self.lost(&why.to_string()).await),
        };
        let (status, body) = (response.status(), response.into_body());
        if status.is_success() {
            return Ok(Feed::new(self.clone(), body, connection));
        }
        let answer = Limited::new(body, LARGEST).collect().await;
        let answer = answer.map_err(|why| self.broken(&why))?.to_bytes();
        connection.abort();
        Err(self.refused(status, &answer))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let request = Request::builder().method(method).uri(path).header("host", "skep");
        let request = request.body(Full::new(Bytes::from(body.unwrap_or_default())));
        request.map_err(|why| self.broken(&why))
    }

    fn refused(&self, status: StatusCode, answer: &[u8]) -> ClientError {
        match serde_json::from_slice(answer) {
            Ok(complaint) => ClientError::Refused { complaint, status: status.as_u16() },
            Err(why) => self.broken(&why),
        }
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), ClientError> {
        let stream = TokioIo::new(self.connect().await?);
        let handshake = hyper::client::conn::http1::handshake(stream).await;
        let (mut sender, connection) = handshake.map_err(|why| self.broken(&why))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|why| why.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST).collect().await;
            Ok((status, body.map_err(|why| why.to_string())?.to_bytes()))
        };
        // The connection is polled along with the exchange that it carries.
        let mut exchange = std::pin::pin!(exchange);
        let answer: Result<_, String> = tokio::select! {
            answer = &mut exchange => answer,
            _ = connection => exchange.await,
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(why) => Err(self.lost(&why).await),
        }
    }

    async fn connect(&self) -> Result<UnixStream, ClientError> {
        let directory = self.directory().into();
        let failed = loop {
            match UnixStream::connect(socket::find(self.directory())).await {
                Ok(stream) => return Ok(stream),
                Err(full) if full.kind() == ErrorKind::WouldBlock => {
                    tokio::time::sleep(AGAIN).await;
                }
                Err(failed) => break failed,
            }
        };
        Err(match failed.kind() {
            ErrorKind::NotADirectory => ClientError::NotADirectory { directory },
            ErrorKind::PermissionDenied => ClientError::NotAllowed { directory },
            _ if socket::is_locked(self.directory()) => ClientError::NotListening { directory },
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                ClientError::NotRunning { directory }
            }
            _ => self.broken(&failed),
        })
    }

    /// The connection broke. If the node is gone with it, its lock follows in a moment.
    pub(super) async fn lost(&self, why: &str) -> ClientError {
        let began = Instant::now();
        while socket::is_locked(self.directory()) {
            if began.elapsed() > MOMENT {
                return self.broken(&why);
            }
            tokio::time::sleep(LOOK).await;
        }
        ClientError::Ended { directory: self.directory().into() }
    }

    pub(super) fn broken(&self, why: &impl std::fmt::Display) -> ClientError {
        ClientError::Broken { directory: self.directory().into(), why: why.to_string() }
    }
}
