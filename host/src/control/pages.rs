//! A node's workers, page by page: no more of them are in memory than are told at a time.

use crate::control::{Client, ClientError, WorkerInfo};

/// All workers of a running node, by address.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    limits: bool,
    after: Option<String>,
}

impl<'a> Pages<'a> {
    /// From the first worker on; with what they use of their limits, or without.
    pub fn new(client: &'a Client, limits: bool) -> Self {
        Self { client, limits, after: None }
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// See [`Client::node`].
    pub async fn next(&mut self) -> Result<Option<Vec<WorkerInfo>>, ClientError> {
        let page = self.client.workers(self.after.as_deref(), self.limits).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.address.clone());
        Ok(Some(page))
    }
}
