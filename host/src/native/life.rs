//! The life of a native worker: a task on tokio that handles its messages one by one.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::events::What;
use crate::mailbox::Weigh;
use crate::native::{Context, Failure, Post, Routed, Worker, give_way};
use crate::outbox::{Asker, Handling, StartError};
use crate::router::{Aside, Message, Recipient, RequestError, State, Stats};

/// Run a worker whose post is in the address table; tells when it has begun.
pub(crate) fn spawn<W: Worker>(
    post: Arc<Post>,
    worker: W,
) -> oneshot::Receiver<Result<(), StartError>> {
    let (begun, beginning) = oneshot::channel();
    tokio::spawn(async move {
        let asker: Arc<dyn Asker> = post.clone();
        let handling = Handling::new(post.core.clone(), asker, post.options());
        let context = Context { handling };
        let aside = Aside::default();
        let mut life = Life { post: post.clone(), worker, context, aside, begun: false };
        let why = tokio::select! {
            why = life.live(begun) => why,
            () = post.killed.notified() => "it was stopped".into(),
        };
        life.bury_aside(&why);
        let has_begun = life.begun;
        drop(life);
        if has_begun {
            let reason = why.clone();
            post.core.events.worker(post.address(), None, What::Stopped { reason });
        }
        post.finish(&why);
    });
    beginning
}

struct Life<W> {
    post: Arc<Post>,
    worker: W,
    context: Context,
    /// Of its mail, what waits to be delivered again.
    aside: Aside,
    /// That it has started was told.
    begun: bool,
}

impl<W: Worker> Life<W> {
    /// From `initialize` to `shutdown`; says why it ended.
    async fn live(&mut self, begun: oneshot::Sender<Result<(), StartError>>) -> String {
        match guarded(self.worker.initialize(&mut self.context)).await {
            Ok(Ok(())) => self.commit().await,
            Ok(Err(failure)) => return fails_to_start(begun, &failure.to_string()),
            Err(panic) => return fails_to_start(begun, &panic),
        }
        self.begun = true;
        self.post.core.events.worker(self.post.address(), None, What::Started);
        let _ = begun.send(Ok(()));
        let why = self.serve().await;
        if guarded(self.worker.shutdown(&mut self.context)).await.is_ok() {
            self.commit().await;
        }
        why
    }

    async fn commit(&mut self) {
        let post = self.post.clone();
        // What this worker sends is handled on its own thread, where that is quick.
        let done = post.core.executor.helping(|| self.context.handling.try_commit());
        if !done {
            self.context.handling.commit_all().await;
        }
    }

    async fn serve(&mut self) -> String {
        loop {
            give_way().await;
            if let Some(why) = self.post.stop_asked().filter(|_| self.may_stop()) {
                return why;
            }
            let Some(message) = self.aside.next(self.post.mailbox()) else {
                wait(&self.post, self.aside.next_due()).await;
                continue;
            };
            if let Err(panic) = self.handle(message).await {
                return format!("it panicked: {panic}");
            }
        }
    }

    /// When it is to drain, not before what waits to be delivered again is settled.
    fn may_stop(&self) -> bool {
        self.aside.is_empty() || !self.post.drains()
    }

    fn bury_aside(&mut self, why: &str) {
        for message in std::mem::take(&mut self.aside).drain() {
            self.bury(message, why, RequestError::Dropped(why.into()));
        }
    }

    /// Handle one message. A panic ends the worker: its value may be anything now.
    async fn handle(&mut self, message: Box<Message>) -> Result<(), String> {
        if message.is_expired() {
            let why = "nobody waits for its answer any more";
            self.bury(message, why, RequestError::Timeout);
            return Ok(());
        }
        let routed = match Routed::copied(&message) {
            Ok(routed) => routed,
            Err(why) => {
                let why = format!("its payload cannot be read: {why}");
                self.bury(message, &why, RequestError::Rejected(why.clone()));
                return Ok(());
            }
        };
        self.context.handling.begin(message);
        let ended = guarded(self.worker.handle_message(&mut self.context, routed)).await;
        if matches!(ended, Ok(Ok(()))) {
            self.done().await;
        }
        let Some(message) = self.context.handling.end() else { return Ok(()) };
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(Failure::Reject(why))) => {
                self.bury(message, &format!("rejected: {why}"), RequestError::Rejected(why));
            }
            Ok(Err(Failure::Retry(why))) => self.retry(message, why),
            Err(panic) => {
                self.bury(
                    message,
                    &format!("its handler panicked: {panic}"),
                    RequestError::Failed(panic.clone()),
                );
                return Err(panic);
            }
        }
        Ok(())
    }

    /// The handler succeeded: all that it asked for is done.
    async fn done(&mut self) {
        if let Some(message) = self.context.handling.succeeded() {
            self.post.mailbox().release(message.weight());
        }
        self.commit().await;
        Stats::add(&self.post.stats.handled, 1);
    }

    /// Set a message aside, or bury it.
    fn retry(&mut self, mut message: Box<Message>, why: String) {
        match message.retry(false) {
            Some(wait) => self.aside.retry(message, Instant::now() + wait),
            None => {
                let reason = format!("it was to be delivered again, until it was given up: {why}");
                self.bury(message, &reason, RequestError::Failed(why));
            }
        }
    }

    fn bury(&self, message: Box<Message>, reason: &str, told: RequestError) {
        Stats::add(&self.post.stats.failed, 1);
        self.post.stats.failure(reason);
        self.post.mailbox().release(message.weight());
        self.post.core.router.bury_telling(*message, self.post.address(), reason, told);
    }
}

/// Until there is mail, or a message may be delivered again.
async fn wait(post: &Post, due: Option<Instant>) {
    let Some(due) = due else {
        post.set_state(State::Idle);
        post.woken.notified().await;
        return post.set_state(State::Running);
    };
    tokio::select! {
        () = post.woken.notified() => {}
        () = tokio::time::sleep_until(due) => {}
    }
}

fn fails_to_start(begun: oneshot::Sender<Result<(), StartError>>, why: &str) -> String {
    let _ = begun.send(Err(StartError::Failed(why.into())));
    format!("it failed to start: {why}")
}

/// Poll a worker's future; a panic becomes its text.
async fn guarded<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    poll_fn(|context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(text_of(&*panic))),
        }
    })
    .await
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no text").into()
}
