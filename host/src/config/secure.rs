//! Secure channels: `[secure]` and `[channels.NAME]` in `node.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use skep_protocol::{Address, Identifier, Route};

use crate::config::access::identifier;
use crate::config::manifest::addresses;
use crate::config::name::WorkerName;

/// Who may open channels to this node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table: { listener, trust }")]
pub(super) struct AskedSecure {
    /// The address at which channels are asked for; there is none unless it is said.
    pub(super) listener: Option<WorkerName>,
    #[serde(deserialize_with = "trusted")]
    pub(super) trust: Trusted,
}

/// Identities that are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trusted {
    /// These.
    Only(Vec<Identifier>),
    /// Everyone who proves to have one.
    Everyone,
}

impl Default for Trusted {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

/// A channel that this node opens when something is sent to its name.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "there are none"))]
#[serde(deny_unknown_fields, expecting = "a table: { route, identity, workers }")]
pub(crate) struct NamedChannel {
    /// Where the other end's listener is.
    #[serde(deserialize_with = "route")]
    pub(crate) route: Route,
    /// Who it has to be.
    #[serde(deserialize_with = "one_identifier")]
    pub(crate) identity: Identifier,
    #[serde(default)]
    workers: Vec<WorkerName>,
}

impl NamedChannel {
    /// The workers that may send through it, besides the program.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "there are none"))]
    pub(crate) fn workers(&self) -> Vec<Address> {
        addresses(&self.workers)
    }
}

/// The channels of a circle, if there is one: each leads through the next, and the last one
/// through the first. Nothing could ever leave by them.
pub(super) fn circle(channels: &BTreeMap<WorkerName, NamedChannel>) -> Option<Vec<&WorkerName>> {
    channels.keys().find_map(|start| circle_at(start, channels))
}

/// The circle that a channel is in.
fn circle_at<'a>(
    start: &'a WorkerName,
    channels: &'a BTreeMap<WorkerName, NamedChannel>,
) -> Option<Vec<&'a WorkerName>> {
    let next = |name: &&WorkerName| channels.get(*name)?.leads_through(channels);
    // One of another circle, which this one only leads to, would go on for ever.
    let way = std::iter::successors(Some(start), next).take(channels.len() + 1);
    let way: Vec<_> = way.collect();
    let back = way.iter().skip(1).position(|name| *name == start)?;
    way.get(..=back).map(<[_]>::to_vec)
}

impl NamedChannel {
    /// The first other channel that its route takes. What comes behind that, or behind a stop
    /// beyond this node, is no address of this node.
    fn leads_through<'a>(
        &self,
        channels: &'a BTreeMap<WorkerName, Self>,
    ) -> Option<&'a WorkerName> {
        let mut own = self.route.iter().take_while(|stop| stop.is_local());
        let named =
            |stop: &Address| channels.keys().find(|name| name.as_str().as_bytes() == stop.bytes());
        own.find_map(named)
    }
}

fn trusted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Trusted, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    match texts.as_slice() {
        [all] if all == EVERYONE => return Ok(Trusted::Everyone),
        texts if texts.iter().any(|text| text == EVERYONE) => {
            return Err(D::Error::custom(
                "`*` is everyone and stands alone: write [\"*\"], or the identifiers without it",
            ));
        }
        _ => {}
    }
    texts.iter().map(|text| one_trusted(text)).collect::<Result<_, _>>().map(Trusted::Only)
}

/// How everyone is written.
const EVERYONE: &str = "*";

/// One of those who are trusted, or what was meant.
fn one_trusted<E: Error>(text: &str) -> Result<Identifier, E> {
    if text.trim().is_empty() {
        return Err(E::custom(
            "an empty text is nobody's identifier: leave it out (`[]` trusts nobody, `[\"*\"]` \
             everyone), or write one (`skep identity` shows a node's)",
        ));
    }
    if [EVERYONE, "all", "any", "everyone", "everybody"].contains(&text.trim()) {
        return Err(E::custom(format!(
            "`{}` is no identifier; did you mean `{EVERYONE}`, which is everyone?",
            crate::sanitize::brief(text.into())
        )));
    }
    identifier(text)
}

fn one_identifier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Identifier, D::Error> {
    identifier(&String::deserialize(deserializer)?)
}

fn route<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Route, D::Error> {
    let text = String::deserialize(deserializer)?;
    let why = |why| {
        D::Error::custom(format!("`{}` is no route: {why}", crate::sanitize::brief(text.clone())))
    };
    text.parse().map_err(why)
}
