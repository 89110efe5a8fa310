//! Follows what changes in the node's directory: a file that comes is a worker, a changed
//! one its next generation, and one that goes its end.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use skep_protocol::Address;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::loader::watch::{Change, News, Wanted, Watcher, What};
use crate::node::NodeError;
use crate::node::directory::{AT_A_TIME, Wish};
use crate::node::registry::Registry;
use crate::node::stop;
use crate::router::Recipient;
use crate::sync::lock;
use crate::timers::Timers;

/// How often `node.toml` is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long a node that stops waits for what its directory has it do.
const PARTING: Duration = Duration::from_secs(5);

/// The task that follows the directory, and its places for what is being done.
pub(super) struct Follower {
    task: JoinHandle<()>,
    places: Arc<Semaphore>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Registry {
    /// Begin to follow the directory, if the node has one. Ends with the node.
    pub(super) fn follow_directory(self: &Arc<Self>) -> Result<(), NodeError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let watcher = Watcher::start(&directory.workers(), (*self.settings.now()).clone())?;
        let places = Arc::new(Semaphore::new(AT_A_TIME as usize));
        let (me, timers) = (Arc::downgrade(self), self.core.timers.clone());
        let task = tokio::spawn(follow(me, watcher, places.clone(), timers));
        *lock(&self.follower) = Some(Follower { task, places });
        Ok(())
    }

    /// Follow it no longer, and wait until what was begun is done: afterwards nothing of
    /// that holds the node, or its directory.
    pub(super) async fn unfollow_directory(&self) {
        let follower = lock(&self.follower).take();
        let Some(mut follower) = follower else { return };
        follower.task.abort();
        let _ = (&mut follower.task).await;
        let all = follower.places.acquire_many(AT_A_TIME);
        let _ = tokio::time::timeout(PARTING, all).await;
    }

    async fn apply(self: &Arc<Self>, change: Change) {
        let Change { worker, what, receipt } = change;
        match what {
            What::Added(Ok(wanted)) | What::Changed(Ok(wanted)) => {
                self.want(worker, wanted).await;
            }
            What::Added(Err(why)) | What::Changed(Err(why)) => {
                self.files.claim(&worker, worker.clone(), None);
                self.failed(&worker, why.to_string());
            }
            What::Removed => self.remove(&worker).await,
        }
        drop(receipt);
    }

    /// Who was refused for what others had is tried again once they do not have it any more.
    fn try_again(self: &Arc<Self>) {
        let is_free = |address: &Address| self.core.router.find(address).is_none();
        for name in self.files.unhindered(is_free) {
            let this = self.clone();
            // What came of it is logged.
            tokio::spawn(async move { this.bring_by_name(&name).await });
        }
    }

    async fn want(self: &Arc<Self>, name: String, wanted: Wanted) {
        self.files.claim(&name, wanted.component.clone(), Some(&wanted.options));
        let read = tokio::task::spawn_blocking(move || {
            let bytes = wanted.read()?;
            let path = wanted.path();
            let Wanted { component, options, .. } = wanted;
            Ok::<_, crate::error::LoadError>((component, path, bytes, options))
        });
        match read.await {
            Ok(Ok((component, path, bytes, options))) => {
                let (address, digest) = (Address::local(name.as_bytes()), blake3::hash(&bytes));
                if self.files.is_unwanted(&address, &digest, &options) {
                    return;
                }
                // What came of it is logged.
                let _ = self.bring(Wish { name, component, path, bytes, options }).await;
            }
            // It is told again by itself.
            Ok(Err(why)) => tracing::debug!(target: "skep::node", worker = name, "{why}"),
            Err(why) => drop(self.failed(&name, why.to_string())),
        }
    }

    async fn remove(self: &Arc<Self>, name: &str) {
        let turn = self.files.turn(name);
        let _turn = turn.lock().await;
        if let Some(cell) = self.files.running(&Address::local(name.as_bytes())) {
            let worker: Arc<dyn Recipient> = cell;
            stop::stop_one(self, &worker, "its file was taken out").await;
        }
        if let Some(component) = self.files.release(name) {
            self.forget_component(&component);
        }
    }
}

/// What the watcher tells, until there is no node any more.
async fn follow(
    registry: Weak<Registry>,
    mut watcher: Watcher,
    places: Arc<Semaphore>,
    timers: Arc<Timers>,
) {
    let mut look = pin!(timers.sleep(Duration::ZERO));
    loop {
        let news = tokio::select! {
            news = watcher.next() => news,
            () = &mut look => {
                look.set(timers.sleep(LOOK));
                let Some(registry) = registry.upgrade() else { return };
                registry.try_again();
                let looked = tokio::task::spawn_blocking(move || registry.look_at_settings());
                if let Ok(Some(config)) = looked.await {
                    watcher.settle_by((*config).clone());
                }
                continue;
            }
        };
        let (Some(news), Some(registry)) = (news, registry.upgrade()) else { return };
        match news {
            News::Change(change) => {
                // It is never closed.
                let Ok(place) = places.clone().acquire_owned().await else { return };
                tokio::spawn(async move {
                    registry.apply(*change).await;
                    drop(place);
                });
            }
            News::Warning(words) => tracing::warn!(target: "skep::node", "{words}"),
            News::Note(words) => tracing::info!(target: "skep::node", "{words}"),
            News::Found(_) | News::CaughtUp => {}
        }
    }
}
