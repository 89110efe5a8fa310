//! An answer that is made while it is read, piece by piece: no more of it is in memory than
//! the client has room for.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// How long a client may take to read a piece.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pieces that wait to be written.
const WAITING: usize = 4;

/// Where the pieces go.
pub(super) struct Flow(mpsc::Sender<Bytes>);

/// The client has gone, or does not read: there is no use in going on.
#[derive(Debug)]
pub(super) struct Gone;

impl Flow {
    pub(super) async fn send(&self, piece: impl Into<Bytes>) -> Result<(), Gone> {
        self.0.send_timeout(piece.into(), PATIENCE).await.map_err(|_| Gone)
    }
}

/// Answer with what `make` sends, of this type. It is dropped when the client goes.
pub(super) fn answer<F>(of: &'static str, make: impl FnOnce(Flow) -> F) -> Response
where
    F: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let (sender, pieces) = mpsc::channel(WAITING);
    let task = tokio::spawn(make(Flow(sender))).abort_handle();
    ([(CONTENT_TYPE, of)], Body::new(Pieces { pieces, task })).into_response()
}

struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    task: AbortHandle,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.get_mut().pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.task.abort();
    }
}
