//! What would become of a message along a route: each stop, the rule that holds there, and
//! what it says. Nothing is sent, opened or looked up.

use skep_protocol::{Address, Identifier, Route};

use crate::config::{Access, Network};
use crate::node::Node;
use crate::router::Recipient;
use crate::transport::NOBODY_BEHIND;
use crate::transport::secure::ChannelStatus;

/// Who would send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The program, or a worker.
    Worker(Address),
    /// Another node: over a link, or in a secure channel with an identity that it has proved.
    Peer(Option<Identifier>),
}

/// One stop of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) address: Address,
    /// The rule that decides.
    pub(crate) rule: String,
    /// What would happen.
    pub(crate) outcome: String,
    /// Whether a message would get past it; none where this node cannot tell.
    pub(crate) passes: Option<bool>,
}

impl Stop {
    fn new(
        address: &Address,
        passes: Option<bool>,
        rule: &str,
        outcome: impl Into<String>,
    ) -> Self {
        Self { address: address.clone(), rule: rule.into(), outcome: outcome.into(), passes }
    }
}

impl Node {
    /// What would become of a message of this sender.
    pub(crate) fn explain(&self, route: &Route, sender: &Sender) -> Vec<Stop> {
        let mut stops: Vec<Stop> = Vec::new();
        let mut reaches = Some(true);
        let mut is_beyond = false;
        for (index, address) in route.iter().enumerate() {
            let is_last = index + 1 == route.len();
            let mut stop = match () {
                () if index == 0 && !self.has_channel(sender) => self.explain_no_channel(address),
                () if index == 0 && self.is_too_long(route) => Self::explain_too_long(address),
                () if is_beyond => Stop::new(address, None, "the other node's", "it decides there"),
                () if address.is_local() => self.explain_local(address, sender, is_last),
                () => self.explain_host(address, sender),
            };
            let leads_beyond = self.leads_beyond(address);
            if is_last && leads_beyond && !is_beyond && stop.passes == Some(true) {
                stop = Stop::new(address, Some(false), &stop.rule, NOBODY_BEHIND);
            }
            is_beyond |= leads_beyond;
            if reaches == Some(false) {
                stop.outcome = format!("it would not come so far; else: {}", stop.outcome);
            } else if stop.passes != Some(true) {
                reaches = stop.passes;
            }
            stops.push(stop);
        }
        stops
    }

    fn explain_local(&self, address: &Address, sender: &Sender, is_last: bool) -> Stop {
        let Some(found) = self.registry.core.router.find(address) else {
            return Stop::new(address, Some(false), "none", self.absence(address));
        };
        let rule = &rule(&*found);
        match sender {
            Sender::Peer(identity) if !found.admits(identity.as_ref()) => {
                return Stop::new(address, Some(false), rule, "it would be refused, and counted");
            }
            Sender::Worker(worker) => {
                if let Some(why) = found.refuses(worker) {
                    return Stop::new(
                        address,
                        Some(false),
                        rule,
                        format!("{why}: it would be refused"),
                    );
                }
            }
            Sender::Peer(_) => {}
        }
        if !found.is_open() {
            return Stop::new(
                address,
                Some(false),
                rule,
                "it takes no messages: it is parked or stops",
            );
        }
        let (messages, _) = found.mailbox().usage();
        let most = found.mailbox().capacity().messages;
        if messages >= most {
            return Stop::new(
                address,
                Some(false),
                rule,
                format!("its mailbox is full: {most} messages"),
            );
        }
        let outcome = match (self.explain_channel(address), is_last) {
            (Some(outcome), _) => outcome,
            (_, true) => format!("it would get it, behind {messages} others"),
            (_, false) => format!("it would get it, behind {messages} others, and may pass it on"),
        };
        Stop::new(address, Some(true), rule, outcome)
    }

    /// What secure channels have to do with this address.
    fn explain_channel(&self, address: &Address) -> Option<String> {
        let channels = &self.registry.channels;
        if channels.listens_at(address) {
            return Some("it takes handshakes for secure channels, and nothing else".into());
        }
        let is_it = |it: &ChannelStatus| it.name.as_ref().unwrap_or(&it.address) == address;
        let ChannelStatus { state, identity, way, last_failure, .. } =
            channels.channels().into_iter().find(is_it)?;
        let why = last_failure.map(|why| format!("; failed last: {why}")).unwrap_or_default();
        let state = state.name();
        Some(format!(
            "it would go through the channel to {identity} by {way}, which is {state}{why}"
        ))
    }

    /// Whether this sender's messages can come here: who has an identity comes by a channel.
    fn has_channel(&self, sender: &Sender) -> bool {
        match sender {
            Sender::Peer(Some(identity)) => self.registry.channels.admits(identity),
            _ => true,
        }
    }

    fn explain_no_channel(&self, address: &Address) -> Stop {
        let rule = "`trust` of [secure] in node.toml: it is not on the list";
        Stop::new(address, Some(false), rule, "it would get no secure channel to this node")
    }

    /// Whether it would be refused at once: the sender is a stop of the way back.
    fn is_too_long(&self, route: &Route) -> bool {
        let back = Route::from(self.app().address());
        self.registry.core.router.check_hops(&route.clone().into(), &back.into()).is_err()
    }

    fn explain_too_long(address: &Address) -> Stop {
        let outcome = "it and the way back have more stops together: it would be refused";
        Stop::new(address, Some(false), "`hops` in [node] of node.toml", outcome)
    }

    /// Why nobody has this address.
    fn absence(&self, address: &Address) -> String {
        if let Some(status) = self.registry.files.absent_one(address) {
            let why = status.ended.map(|why| format!(": {why}")).unwrap_or_default();
            return format!("it does not run{why}");
        }
        let meant = self.nearest(address).map(|name| format!(" (did you mean `{name}`?)"));
        format!("nobody has this address{}", meant.unwrap_or_default())
    }

    /// Whether other nodes decide what becomes of a message behind this stop.
    pub(crate) fn leads_beyond(&self, stop: &Address) -> bool {
        let carries = || self.registry.core.router.find(stop).is_some_and(|found| found.carries());
        !stop.is_local() || carries()
    }

    fn explain_host(&self, address: &Address, sender: &Sender) -> Stop {
        let links = &self.registry.links;
        let router = &self.registry.core.router;
        let (network, rule) = match sender {
            Sender::Peer(_) => (links.relay_list().clone(), "`relay` of this node".to_owned()),
            Sender::Worker(worker) => {
                let network = router.find(worker).map(|worker| worker.network());
                (network.unwrap_or_default(), format!("`network` of `{worker}`"))
            }
        };
        let rule = describe(&network, rule);
        match links.explain(address, &network) {
            Ok(outcome) => Stop::new(address, Some(true), &rule, outcome),
            Err(why) => Stop::new(address, Some(false), &rule, why),
        }
    }
}

/// The rule that says who may write to somebody.
fn rule(found: &dyn Recipient) -> String {
    let text = match (found.access(), found.is_worker()) {
        (Access::Peers, _) => "access = \"peers\": any node may write to it",
        (Access::Identities(all), _) => {
            return format!("access = [{} identities]: who proves to be one of them", all.len());
        }
        (Access::Local, true) => {
            "access = \"local\": this node's own, and answers to what was sent"
        }
        (Access::Local, false) if found.carries() => "a way to another node, for this node's own",
        (Access::Local, false) => {
            "the node's own: other nodes may only answer what was sent to them"
        }
    };
    text.into()
}

/// A list, and what is on it.
fn describe(network: &Network, rule: String) -> String {
    let entries: Vec<_> = network.entries().collect();
    match (network.is_everywhere(), entries.is_empty()) {
        (true, _) => format!("{rule}: no bounds"),
        (_, true) => format!("{rule}: nothing is on it"),
        _ => format!("{rule}: {}", entries.join(", ")),
    }
}
