//! What a worker uses of its limits, as far as that is known beside its calls.

use std::sync::atomic::Ordering;

use crate::config::Limit;
use crate::outbox::Asker;
use crate::router::LimitUse;

/// How much of each limit a worker uses, and how often it was reached.
pub(crate) fn uses(worker: &dyn Asker, limits: &[Limit]) -> Vec<LimitUse> {
    let options = worker.options();
    let one = |&limit: &Limit| LimitUse {
        key: limit.key(),
        unit: limit.unit(),
        most: limit.of(&options.limits),
        used: used(worker, limit),
        reached: worker.stats().reached(limit),
    };
    limits.iter().map(one).collect()
}

fn used(worker: &dyn Asker, limit: Limit) -> Option<u64> {
    let peaks = &worker.stats().peaks;
    let counter = match limit {
        Limit::MailboxMessages => return Some(worker.mailbox().usage().0 as u64),
        Limit::MailboxBytes => return Some(worker.mailbox().usage().1 as u64),
        Limit::Fuel => &peaks.fuel,
        Limit::Deadline => &peaks.time,
        Limit::OutboxEffects => &peaks.effects,
        Limit::OutboxBytes => &peaks.outbox_bytes,
        Limit::HostBytes => &peaks.host_bytes,
        Limit::Random => &peaks.random,
        Limit::Handles => &peaks.handles,
        Limit::Message => &peaks.message,
        Limit::Request => &peaks.request,
        Limit::Start => &peaks.start,
        Limit::State => &peaks.state,
        limit => return worker.ledger().used(limit),
    };
    Some(counter.load(Ordering::Relaxed))
}
