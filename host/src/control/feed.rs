//! An answer of a running node that does not end, read line by line.

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use tokio::task::AbortHandle;

use crate::control::{Client, ClientError, EventInfo};

/// The longest line: a reason, and a little.
const LONGEST: usize = 64 << 10;

/// The events of a running node.
#[derive(Debug)]
pub struct Feed {
    client: Client,
    body: Incoming,
    /// What has come and is no whole line yet.
    rest: Vec<u8>,
    /// Carries the body.
    connection: AbortHandle,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Feed {
    pub(super) fn new(client: Client, body: Incoming, connection: AbortHandle) -> Self {
        Self { client, body, rest: Vec::new(), connection }
    }

    /// Wait for the next event; none when the node has stopped.
    ///
    /// # Errors
    /// When the node goes in the middle, or says what cannot be read.
    pub async fn next(&mut self) -> Result<Option<EventInfo>, ClientError> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                let read = serde_json::from_slice(&line);
                return read.map(Some).map_err(|why| self.client.broken(&why));
            }
            if self.rest.len() > LONGEST {
                return Err(self.client.broken(&"its line has no end"));
            }
            match self.piece().await? {
                Some(piece) => self.rest.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self.body.frame().await {
            None => Ok(None),
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(why)) => Err(self.client.lost(&why.to_string()).await),
        }
    }
}
