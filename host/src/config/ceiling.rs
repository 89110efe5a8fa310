//! What manifests may ask for beyond handling messages: `[ceiling]` in `node.toml`.

use std::fmt::Display;

use serde::Deserialize;

use crate::config::asked::{AskedLimits, least};
use crate::config::error::ConfigError;
use crate::config::manifest::{Manifest, hosts};
use crate::config::name::WorkerName;
use crate::config::{Access, Grant, Limits, Network};

/// What the operator lets the manifests beside components have; without it nothing beyond
/// the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table: { grants, addresses, limits }")]
pub(crate) struct Ceiling {
    grants: Vec<Grant>,
    /// Addresses that workers may bear besides their names.
    addresses: Vec<WorkerName>,
    /// Whether workers may be written to from other nodes; unless it is said, where this node
    /// listens for them.
    access: Option<Access>,
    /// Hosts and ports that workers may send to.
    #[serde(deserialize_with = "hosts")]
    network: Network,
    limits: AskedLimits,
}

impl Ceiling {
    /// The highest limits that a manifest may ask for.
    pub(super) fn limits(&self) -> Limits {
        self.limits.over(&Limits::default())
    }

    /// Who may write to workers from other nodes.
    fn access(&self, listens: bool) -> Access {
        let usual = if listens { Access::Peers } else { Access::Local };
        self.access.clone().unwrap_or(usual)
    }

    /// The limits of what a manifest does not ask for, once all that it asks for is given.
    pub(super) fn given(&self, manifest: &Manifest, listens: bool) -> Result<Limits, ConfigError> {
        let limits = self.limits();
        let grants = lacking(&manifest.grants, &self.grants);
        let addresses = lacking(&manifest.address, &self.addresses);
        let beyond = manifest.limits.beyond(&limits);
        let network = manifest.network.beyond(&self.network);
        let is_admitted = manifest.access.is_within(&self.access(listens));
        let lists = [grants.is_empty(), addresses.is_empty(), network.is_empty()];
        if beyond.is_empty() && is_admitted && lists.into_iter().all(|is_empty| is_empty) {
            return Ok(least(&Limits::default(), &limits));
        }
        let mut refusal = Refusal::default();
        refusal.list("grant", "grants", &self.grants, &grants, |grant| grant.name().to_owned());
        refusal.list("address", "addresses", &self.addresses, &addresses, WorkerName::to_string);
        refusal.access(&manifest.access, is_admitted);
        let given: Vec<_> = self.network.entries().collect();
        let network: Vec<_> = network.iter().collect();
        refusal.list("host", "network", &given, &network, String::clone);
        refusal.limits(&beyond);
        Err(refusal.of(manifest.file()))
    }
}

/// What is asked for and not given.
fn lacking<'a, T: PartialEq>(asked: &'a [T], given: &[T]) -> Vec<&'a T> {
    asked.iter().filter(|one| !given.contains(one)).collect()
}

/// The words of a refusal: what was asked for, and the lines that would give it.
#[derive(Default)]
struct Refusal {
    asked: Vec<String>,
    ceiling: Vec<String>,
    limits: Vec<String>,
}

impl Refusal {
    /// The line holds what is given already too, so that it can take that one's place.
    fn list<T>(
        &mut self,
        one: &str,
        key: &str,
        given: &[T],
        lacking: &[&T],
        name: impl Fn(&T) -> String,
    ) {
        if lacking.is_empty() {
            return;
        }
        self.asked.extend(lacking.iter().map(|item| format!("the {one} `{}`", name(item))));
        let all: Vec<_> = given
            .iter()
            .chain(lacking.iter().copied())
            .map(|item| format!("\"{}\"", name(item)))
            .collect();
        self.ceiling.push(format!("{key} = [{}]", all.join(", ")));
    }

    fn access(&mut self, asked: &Access, is_given: bool) {
        if !is_given {
            let where_else = match asked {
                Access::Peers => " (given of itself where the node listens for others)",
                _ => "",
            };
            self.asked.push(format!("`access = {asked}`{where_else}"));
            self.ceiling.push(format!("access = {asked}"));
        }
    }

    fn limits(&mut self, beyond: &[(&'static str, impl Display)]) {
        for (key, asked) in beyond {
            self.asked.push(format!("`{key} = {asked}`"));
            self.limits.push(format!("{key} = {asked}"));
        }
    }

    fn of(self, file: &str) -> ConfigError {
        let table = |header: &str, lines: Vec<String>| match lines.is_empty() {
            true => None,
            false => Some(format!("[{header}]\n{}", lines.join("\n"))),
        };
        let tables = [table("ceiling", self.ceiling), table("ceiling.limits", self.limits)];
        ConfigError::Ceiling {
            file: file.to_owned(),
            asked: self.asked.join(" and "),
            lines: tables.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
        }
    }
}
