//! How many connections there are, in all and of one host, and who goes when there is no place
//! left.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::sync::Notify;

use crate::config::LinkLimits;
use crate::router::Host;
use crate::sync::{Mutex, lock};
use crate::transport::tcp::link::Link;

/// Links take one in so many of the files that the process may have open, at most, and those that
/// have not greeted yet one in so many: workers' files, the log and the control socket need some
/// when links have all of theirs, too.
const OF_FILES: usize = 2;
const UNGREETED_OF_FILES: usize = 4;

/// The connections of a node.
#[derive(Debug)]
pub(super) struct Places {
    peers: usize,
    of_host: usize,
    ungreeted: usize,
    idle: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    links: Vec<Held>,
    /// Those that have not said yet what they speak, and how each is told to go.
    strangers: Vec<(Host, Arc<Notify>)>,
}

/// A link that has a place.
#[derive(Debug)]
struct Held {
    link: Arc<Link>,
    /// Who has opened it; none if this node has.
    host: Option<Host>,
    /// It was told to go.
    leaves: bool,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    #[error("there are as many links as there may be (`peers` under [links] in node.toml)")]
    AtAll,
    #[error(
        "its host has {0} links, as many as one may have that has proved nothing (`peers-of-host` \
         under [links] in node.toml)"
    )]
    OfHost(usize),
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

impl Held {
    /// Whether it counts as one of a host's that has proved nothing.
    fn is_of(&self, host: &Host) -> bool {
        self.host.as_ref() == Some(host) && !self.leaves && !self.link.has_proved()
    }
}

impl Table {
    /// Which stranger came first of those whose host has most of them.
    fn oldest_of_most(&self) -> Option<usize> {
        let mut counts = HashMap::<&Host, usize>::new();
        for (host, _) in &self.strangers {
            *counts.entry(host).or_default() += 1;
        }
        let most = counts.values().max().copied()?;
        self.strangers.iter().position(|(host, _)| counts.get(host) == Some(&most))
    }

    fn count(&self, host: &Host) -> usize {
        self.links.iter().filter(|held| held.is_of(host)).count()
    }
}

impl Places {
    pub(super) fn new(limits: &LinkLimits) -> Self {
        let files = getrlimit(Resource::Nofile).current;
        let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        let peers = bearable(limits.peers, files / OF_FILES);
        let ungreeted = bearable(limits.ungreeted, files / UNGREETED_OF_FILES);
        let of_host = limits.peers_of_host.unwrap_or(peers / 2).max(1);
        Self { peers, of_host, ungreeted, idle: limits.idle, table: Mutex::default() }
    }

    /// How many links there may be.
    pub(super) fn most(&self) -> usize {
        self.peers
    }

    /// Let a stranger in. Where there are too many, the oldest goes of the host that has most:
    /// whoever means well has long said what it speaks.
    pub(super) fn admit(&self, host: Host) -> Stranger<'_> {
        let table = &mut *lock(&self.table);
        while table.strangers.len() >= self.ungreeted {
            let Some(oldest) = table.oldest_of_most() else { break };
            table.strangers.remove(oldest).1.notify_one();
        }
        let told = Arc::new(Notify::new());
        table.strangers.push((host, told.clone()));
        Stranger { places: self, told }
    }

    /// Make room for one more, which this host opens, if it is not this node. If there is none,
    /// the link goes that has been without a message for longest, if that is long.
    ///
    /// # Errors
    /// Why there is no room.
    pub(super) fn make_room(&self, host: Option<&Host>) -> Result<(), NoPlace> {
        let table = &mut *lock(&self.table);
        if let Some(host) = host
            && table.count(host) >= self.of_host
        {
            let its_own = table.links.iter_mut().filter(|held| held.is_of(host));
            return self.displace(its_own).ok_or(NoPlace::OfHost(self.of_host));
        }
        if table.links.len() < self.peers {
            return Ok(());
        }
        self.displace(table.links.iter_mut()).ok_or(NoPlace::AtAll)
    }

    /// Have one go that has been without a message for long.
    fn displace<'a>(&self, among: impl Iterator<Item = &'a mut Held>) -> Option<()> {
        let longest = among.max_by_key(|held| held.link.pace.unused())?;
        if longest.link.pace.unused() < self.idle {
            return None;
        }
        longest.link.session()?.end("others needed its place, and it was idle");
        longest.leaves = true;
        Some(())
    }

    /// Take a place for a link that this node has opened.
    pub(super) fn take(&self, link: &Arc<Link>) -> Place<'_> {
        self.hold(&mut lock(&self.table), link, None)
    }

    /// Take a place for a link that a host has opened, unless others have come
    /// meanwhile.
    ///
    /// # Errors
    /// Why it has none.
    pub(super) fn take_of(&self, link: &Arc<Link>, host: &Host) -> Result<Place<'_>, NoPlace> {
        let table = &mut *lock(&self.table);
        if table.count(host) >= self.of_host {
            return Err(NoPlace::OfHost(self.of_host));
        }
        if table.links.iter().filter(|held| !held.leaves).count() >= self.peers {
            return Err(NoPlace::AtAll);
        }
        Ok(self.hold(table, link, Some(host.clone())))
    }

    fn hold(&self, table: &mut Table, link: &Arc<Link>, host: Option<Host>) -> Place<'_> {
        table.links.push(Held { link: link.clone(), host, leaves: false });
        Place { places: self, link: Arc::downgrade(link) }
    }

    /// The links that are connected.
    pub(super) fn all(&self) -> Vec<Arc<Link>> {
        lock(&self.table).links.iter().map(|held| held.link.clone()).collect()
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
        table.strangers.retain(|(_, other)| !Arc::ptr_eq(other, &self.told));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let table = &mut *lock(&self.places.table);
        table.links.retain(|held| !std::ptr::eq(Arc::as_ptr(&held.link), self.link.as_ptr()));
    }
}

/// As many as are asked for, and not more than may be: one in any case.
fn bearable(asked: usize, most: usize) -> usize {
    asked.min(most).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_has_half_of_the_places() {
        let of_host = |peers, peers_of_host| {
            Places::new(&LinkLimits { peers, peers_of_host, ..LinkLimits::default() }).of_host
        };
        assert_eq!([of_host(1, None), of_host(2, None), of_host(9, None)], [1, 1, 4]);
        assert_eq!([of_host(9, Some(9)), of_host(9, Some(1))], [9, 1]);
    }

    #[test]
    fn strangers_of_one_host_cost_others_no_place() {
        let places = Places::new(&LinkLimits { ungreeted: 4, ..LinkLimits::default() });
        let [one, other] = ["1#10.0.0.1:1", "1#10.0.0.2:1"].map(|at| Host::of(&at.into()));
        let honest = places.admit(other);
        let all: Vec<_> = (0..50).map(|_| places.admit(one.clone())).collect();
        let left = || lock(&places.table).strangers.iter().map(|it| it.1.clone()).collect();
        let stays = |it: &Stranger<'_>, left: &Vec<Arc<Notify>>| {
            left.iter().any(|other| Arc::ptr_eq(other, &it.told))
        };
        let left: Vec<_> = left();
        assert_eq!(left.len(), 4);
        assert!(stays(&honest, &left) && all[47..].iter().all(|it| stays(it, &left)));
    }
}
