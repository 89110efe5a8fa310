//! A worker's manifest: `NAME.toml` beside its component, or `[workers.NAME]` in `node.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use skep_protocol::Address;

use crate::config::asked::{AskedLimits, lifeless};
use crate::config::error::{ConfigError, parse};
use crate::config::name::WorkerName;
use crate::config::quantity::{Count, Size};
use crate::config::{
    Access, Grant, Limits, Network, NodeConfig, Overflow, Restart, Save, Sleep, Trial,
    WorkerOptions,
};

/// How one worker is to run, as a file asks for it. Every key may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table: the settings of a worker")]
pub(crate) struct Manifest {
    /// The name of the component's file without `.wasm`; otherwise the worker's own. So
    /// several workers may run the same component.
    pub(crate) component: Option<WorkerName>,
    /// Addresses besides its name.
    pub(super) address: Vec<WorkerName>,
    /// Workers that have to run before it starts.
    needs: Vec<WorkerName>,
    args: String,
    config: BTreeMap<String, String>,
    pub(super) grants: Vec<Grant>,
    pub(super) access: Access,
    #[serde(deserialize_with = "hosts")]
    pub(super) network: Network,
    mailbox: Mailbox,
    full: Full,
    idempotent: bool,
    save: Save,
    stateless: bool,
    sleep: Sleep,
    restart: Restart,
    trial: Trial,
    pub(super) limits: AskedLimits,
    #[serde(skip)]
    source: Source,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table: { messages, bytes, overflow }")]
struct Mailbox {
    messages: Option<Count<usize>>,
    bytes: Option<Size>,
    overflow: Overflow,
}

/// What a worker does when a mailbox that it sends to has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"fail\" or \"wait\"")]
enum Full {
    #[default]
    Fail,
    Wait,
}

/// A list of hosts and ports.
pub(super) fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
    Network::of(Vec::<String>::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Where a manifest comes from. The node's own file is not bound by the ceiling in it.
#[derive(Clone, Debug, Default)]
struct Source {
    file: String,
    is_node: bool,
}

impl Manifest {
    /// Reads the text of a manifest that lies beside its component. `file` is what errors
    /// call it.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let manifest: Self = parse(text, file)?;
        manifest.placed(file.to_owned(), false)
    }

    /// Says where it comes from, and brings `mailbox` to where the other limits are.
    pub(super) fn placed(mut self, file: String, is_node: bool) -> Result<Self, ConfigError> {
        self.source = Source { file, is_node };
        let (messages, bytes) = (self.mailbox.messages.take(), self.mailbox.bytes.take());
        let twice = |key: &str| {
            self.wrong(format!("`mailbox.{key}` and `limits.mailbox-{key}` are the same; keep one"))
        };
        if messages.is_some() && self.limits.mailbox_messages.is_some() {
            return Err(twice("messages"));
        }
        if bytes.is_some() && self.limits.mailbox_bytes.is_some() {
            return Err(twice("bytes"));
        }
        self.limits.mailbox_messages = messages.or(self.limits.mailbox_messages);
        self.limits.mailbox_bytes = bytes.or(self.limits.mailbox_bytes);
        Ok(self)
    }

    /// What errors call the file that it stands in.
    pub(crate) fn file(&self) -> &str {
        &self.source.file
    }

    /// Whether it stands in `node.toml`.
    #[cfg(feature = "cli")]
    pub(crate) fn is_node_s(&self) -> bool {
        self.source.is_node
    }

    fn wrong(&self, problem: String) -> ConfigError {
        ConfigError::Value { file: self.source.file.clone(), problem }
    }

    /// What the worker is started with, as far as the node gives what is asked for.
    pub(crate) fn into_options(self, node: &NodeConfig) -> Result<WorkerOptions, ConfigError> {
        let given = match self.source.is_node {
            true => Limits::default(),
            false => node.ceiling.given(&self, node.listens())?,
        };
        let limits = self.limits.over(&given);
        if let Some(key) = lifeless(&limits) {
            return Err(self.wrong(format!("with `{key}` 0 no worker can handle a message")));
        }
        Ok(WorkerOptions {
            args: self.args.into_bytes(),
            config: self.config,
            grants: self.grants,
            addresses: addresses(&self.address),
            needs: addresses(&self.needs),
            access: self.access,
            network: self.network,
            limits,
            overflow: self.mailbox.overflow,
            wait: self.full == Full::Wait,
            idempotent: self.idempotent,
            save: self.save,
            stateless: self.stateless,
            sleep: self.sleep,
            restart: self.restart,
            trial: self.trial,
        })
    }
}

/// The addresses that these workers have.
pub(super) fn addresses(names: &[WorkerName]) -> Vec<Address> {
    names.iter().map(|name| Address::local(name.as_str().as_bytes())).collect()
}
