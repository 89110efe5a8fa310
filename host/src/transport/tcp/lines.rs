//! The links that this node opens: by where they lead, and by the list that allows it. Who is
//! allowed by another list gets another link, since a host's addresses are looked up in it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use skep_protocol::Address;

use crate::config::Network;
use crate::router::{Recipient, SendError};
use crate::sync::{Mutex, lock};
use crate::transport::tcp::Shared;
use crate::transport::tcp::dial::Opened;
use crate::transport::tcp::link::Link;
use crate::transport::tcp::target::Target;

/// Links that one list may have open at a time: one worker's are not all of the node's.
const OF_ONE_LIST: usize = 64;

/// The links that this node opens.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Known>);

/// By where they lead: one for each list that allows it.
type Known = HashMap<Address, Vec<Arc<Link>>, foldhash::fast::RandomState>;

fn is_by(link: &Link, network: &Network) -> bool {
    link.opened.as_ref().is_some_and(|opened| opened.is_by(network))
}

fn is_live(link: &Link) -> bool {
    link.opened.as_ref().is_some_and(Opened::is_running) || !link.is_quiet()
}

impl Lines {
    /// The link to a stop, as it is written.
    pub(super) fn find(&self, to: &Address, network: &Network) -> Option<Arc<Link>> {
        let lines = lock(&self.0);
        lines.get(to)?.iter().find(|link| is_by(link, network)).cloned()
    }

    /// The link to a host and port, which is not opened before there is something to send.
    ///
    /// # Errors
    /// When there are as many as there may be.
    pub(super) fn find_or_make(
        &self,
        shared: &Arc<Shared>,
        target: Target,
        network: &Network,
    ) -> Result<Arc<Link>, SendError> {
        let stop = target.stop();
        let lines = &mut *lock(&self.0);
        if let Some(known) = lines.get(&stop)
            && let Some(link) = known.iter().find(|link| is_by(link, network))
        {
            return Ok(link.clone());
        }
        let most = shared.limits.peers;
        if count(lines) >= most {
            forget_idle(lines);
        }
        let is_full = !network.is_everywhere() && of_list(lines, network).count() >= OF_ONE_LIST;
        if is_full && !give_way(lines, network, shared.limits.idle) {
            return Err(SendError::Quota(format!(
                "{OF_ONE_LIST} links to other nodes by one list"
            )));
        }
        if count(lines) >= most {
            return Err(SendError::Quota(format!("{most} links to other nodes")));
        }
        let opened = Opened::new(target, network.clone());
        let link = Link::new(shared.clone(), stop.clone(), Some(opened));
        lines.entry(stop).or_default().push(link.clone());
        Ok(link)
    }

    pub(super) fn all(&self) -> Vec<Arc<Link>> {
        lock(&self.0).values().flatten().cloned().collect()
    }

    /// Forget all.
    pub(super) fn clear(&self) -> Vec<Arc<Link>> {
        lock(&self.0).drain().flat_map(|(_, links)| links).collect()
    }
}

fn count(lines: &Known) -> usize {
    lines.values().map(Vec::len).sum()
}

/// The links that a list has open.
fn of_list<'a>(lines: &'a Known, network: &'a Network) -> impl Iterator<Item = &'a Arc<Link>> {
    lines.values().flatten().filter(|link| is_by(link, network) && is_live(link))
}

/// End the link of a list by which nothing has come or left for longest, if that is as long as
/// `idle`: who uses a link will not miss that one.
fn give_way(lines: &mut Known, network: &Network, idle: Duration) -> bool {
    let quiet = of_list(lines, network).filter(|link| link.is_quiet());
    let longest = quiet.max_by_key(|link| link.pace.unused());
    let Some(longest) = longest.filter(|link| link.pace.unused() >= idle).cloned() else {
        return false;
    };
    longest.kill("another of its list needed its place");
    lines.retain(|_, links| {
        links.retain(|link| !Arc::ptr_eq(link, &longest));
        !links.is_empty()
    });
    true
}

/// Forget those that carry nothing and wait for nothing.
fn forget_idle(lines: &mut Known) {
    lines.retain(|_, links| {
        links.retain(|link| is_live(link));
        !links.is_empty()
    });
}
