//! How many connections there are, and who goes when there is no place left.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config::LinkLimits;
use crate::sync::{Mutex, lock};
use crate::transport::tcp::link::Link;

/// The connections of a node.
#[derive(Debug)]
pub(super) struct Places {
    peers: usize,
    ungreeted: usize,
    idle: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    links: Vec<Arc<Link>>,
    /// Those that have not said yet what they speak, and how each is told to go.
    strangers: VecDeque<Arc<Notify>>,
}

/// A place that a connection has, until this is dropped.
pub(super) struct Place<'a> {
    places: &'a Places,
    link: Weak<Link>,
}

/// The place of a connection that was not greeted yet.
pub(super) struct Stranger<'a> {
    places: &'a Places,
    told: Arc<Notify>,
}

impl Places {
    pub(super) fn new(limits: &LinkLimits) -> Self {
        let LinkLimits { peers, ungreeted, idle, .. } = *limits;
        Self { peers, ungreeted, idle, table: Mutex::default() }
    }

    /// Let a stranger in. Where there are too many, the oldest of them goes: whoever means
    /// well has long said what it speaks.
    pub(super) fn admit(&self) -> Stranger<'_> {
        let table = &mut *lock(&self.table);
        while table.strangers.len() >= self.ungreeted {
            let Some(oldest) = table.strangers.pop_front() else { break };
            oldest.notify_one();
        }
        let told = Arc::new(Notify::new());
        table.strangers.push_back(told.clone());
        Stranger { places: self, told }
    }

    /// Whether there is room for one more. If there is none, the link goes that has been
    /// without a message for longest, if that is long.
    pub(super) fn have_room(&self) -> bool {
        let table = lock(&self.table);
        if table.links.len() < self.peers {
            return true;
        }
        let longest = table.links.iter().max_by_key(|link| link.pace.unused());
        let Some(longest) = longest.filter(|link| link.pace.unused() >= self.idle) else {
            return false;
        };
        let Some(session) = longest.session() else { return false };
        session.end("others needed its place, and it was idle");
        true
    }

    /// Take a place for a link that is connected.
    pub(super) fn take(&self, link: &Arc<Link>) -> Place<'_> {
        lock(&self.table).links.push(link.clone());
        Place { places: self, link: Arc::downgrade(link) }
    }

    /// The links that are connected.
    pub(super) fn all(&self) -> Vec<Arc<Link>> {
        lock(&self.table).links.clone()
    }
}

impl Stranger<'_> {
    /// Wait until others need its place.
    pub(super) async fn told_to_go(&self) {
        self.told.notified().await;
    }
}

impl Drop for Stranger<'_> {
    fn drop(&mut self) {
        let table = &mut *lock(&self.places.table);
        table.strangers.retain(|other| !Arc::ptr_eq(other, &self.told));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let table = &mut *lock(&self.places.table);
        table.links.retain(|other| !std::ptr::eq(Arc::as_ptr(other), self.link.as_ptr()));
    }
}
