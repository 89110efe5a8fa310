//! Secure channels: `[secure]` and `[channels.NAME]` in `node.toml`.

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

fn trusted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Trusted, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    if texts.iter().any(|text| text == "*") {
        return Ok(Trusted::Everyone);
    }
    texts.iter().map(|text| identifier(text)).collect::<Result<_, _>>().map(Trusted::Only)
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
