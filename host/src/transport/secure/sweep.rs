//! Looks after channels now and then: who waits for an answer that cannot come is told, and
//! channels whose other end has gone are closed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::sync::{Ordering, lock};
use crate::transport::secure::Shared;

/// How often.
const EVERY: Duration = Duration::from_millis(500);
/// At each so many looks it is seen whether this node's identity was rotated.
const SHOW: u64 = 4;
/// A channel that another node has opened is closed once its link is gone, and nothing has
/// come for so long: whoever comes back by another link may go on with it until then.
const FORSAKEN: Duration = Duration::from_secs(60);

/// Whoever has rotated its key shows so through all its channels, within seconds. One that has
/// not after so long has an old key, and so may be a thief's.
const OUTDATED: Duration = Duration::from_secs(10);

impl Shared {
    /// Look after the channels from now on.
    pub(super) fn sweep(&self) {
        if self.sweeps.swap(true, Ordering::AcqRel) {
            return;
        }
        let (me, timers) = (self.me.clone(), self.core.timers.clone());
        self.runtime.spawn(async move {
            for looks in 0_u64.. {
                let Some(shared) = me.upgrade().filter(|shared| !shared.over.is_on()) else {
                    return;
                };
                shared.look();
                if looks.is_multiple_of(SHOW) {
                    shared.show().await;
                }
                drop(shared);
                timers.sleep(EVERY).await;
            }
        });
    }

    fn look(&self) {
        let (all, mut newest) = (self.all(), HashMap::new());
        for channel in &all {
            let changes: &mut usize = newest.entry(channel.identity).or_default();
            *changes = channel.changes().max(*changes);
        }
        for channel in all {
            let newest = newest.get(&channel.identity).copied().unwrap_or_default();
            if channel.is_behind(newest) >= OUTDATED {
                self.close(&channel, "its key was rotated away", true);
                continue;
            }
            channel.look_at_link(|link| self.router().find(link).is_some());
            if !channel.is_opened() && channel.is_cut_off() && channel.unheard() >= FORSAKEN {
                self.close(&channel, "its link is gone, and nothing comes any more", false);
            }
        }
        let named = lock(&self.named).clone();
        named.iter().for_each(|named| named.close_replaced(self));
    }

    /// Whoever is at the other ends learns that this node has another key.
    async fn show(self: &Arc<Self>) {
        let Ok(identity) = self.identity().await else { return };
        let before = lock(&self.shown).replace(identity.clone());
        let is_new = |before: Arc<_>| !Arc::ptr_eq(&before, &identity);
        if !before.is_some_and(is_new) {
            return;
        }
        tracing::info!(target: "skep::secure", "this node's identity has another key");
        for channel in self.all() {
            if let Ok(refresh) = channel.sending(|sending| sending.refresh(&identity)) {
                let _ = self.put(refresh, channel.origin());
            }
        }
    }
}
