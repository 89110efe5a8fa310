//! What a file is and what it would be given, without running it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::config::{Access, Limits, Manifest, NodeConfig, WorkerName, WorkerOptions};
use crate::engine::{self, Examined, Footprint, Scan};
use crate::error::LoadError;
use crate::loader::{Directory, given};
use crate::offline::check::check;

/// What a file is. Names and meanings are stable; keys may be added.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// Where it is.
    pub file: String,
    /// How long it is.
    pub bytes: u64,
    /// Its BLAKE3 hash.
    pub digest: String,
    /// `component`, `core-module` (which the node makes a component of) or `unknown`.
    pub kind: &'static str,
    /// What it was written in, where it says so.
    pub languages: Vec<String>,
    /// The world that it is for: `worker`, `lifecycle-worker`, `stateful-worker` or
    /// `full-worker`; null if it is no worker.
    pub world: Option<&'static str>,
    /// What it imports; null where that cannot be told.
    pub imports: Option<Vec<String>>,
    /// What it exports.
    pub exports: Option<Vec<String>>,
    /// Whether it needs WASI.
    pub wasi: Option<bool>,
    /// The linear memories of an instance.
    pub memories: Option<u64>,
    /// Its tables.
    pub tables: Option<u64>,
    /// The bytes that these have to begin with.
    pub initial_bytes: Option<u64>,
    /// What its manifest asks for; null if that is refused.
    pub given: Option<Asked>,
    /// Why what its manifest asks for is not given, with the lines that would give it.
    pub manifest_refused: Option<String>,
    /// Why a node would not take it.
    pub refused: Option<String>,
}

/// How a worker would run.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// Where its manifest is; null if it has none, and runs by the defaults.
    pub manifest: Option<String>,
    /// The component that it has the worker run, where that is another than this file.
    pub component: Option<String>,
    /// Its rights beyond handling messages.
    pub grants: Vec<&'static str>,
    /// Its addresses besides its name.
    pub addresses: Vec<String>,
    /// Who may write to it from elsewhere: `local` (nobody), `peers`, or
    /// identifiers with commas between.
    pub access: String,
    /// Hosts and ports that it may send to.
    pub network: Vec<String>,
    /// What it may use up: sizes in bytes, times in milliseconds.
    pub limits: BTreeMap<&'static str, u64>,
    /// Those of the limits that are not the default.
    pub changed_limits: Vec<&'static str>,
}

/// Tells what a file is, and what it would be given in a node's directory.
///
/// # Errors
/// When the file cannot be read, or what the directory's `node.toml` says is not possible.
/// What a node would not take is no error here.
pub fn inspect(file: &Path, directory: &Path) -> Result<Inspection, LoadError> {
    let directory = Directory::at(directory);
    let node = directory.config()?;
    let bytes = given::component(file, node.component())?;
    let (asked, options) = asked(file, &directory, &node);
    let Examined { is_module, languages, scan, refusal } = engine::examine(&bytes);
    let (size, digest) = (bytes.len() as u64, blake3::hash(&bytes));
    let refusal = match refusal {
        Some(why) => Some(why),
        // With limits that are refused it cannot be weighed, but all else can be told.
        None => check(bytes, &options.unwrap_or_default().limits, &node).err(),
    };
    let (given, manifest_refused) = match asked {
        Ok(asked) => (Some(asked), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let footprint = scan.as_ref().map(|scan| scan.footprint);
    let footprint = |of: fn(Footprint) -> u64| footprint.map(of);
    Ok(Inspection {
        file: file.display().to_string(),
        bytes: size,
        digest: digest.to_hex().to_string(),
        kind: match is_module {
            None => "unknown",
            Some(true) => "core-module",
            Some(false) => "component",
        },
        languages,
        world: scan.as_ref().and_then(world),
        wasi: scan.as_ref().map(|scan| scan.needs_wasi),
        memories: footprint(|of| of.memories),
        tables: footprint(|of| of.tables),
        initial_bytes: footprint(|of| of.bytes),
        given,
        manifest_refused,
        refused: refusal.map(|why| why.to_string()),
        imports: scan.as_ref().map(|scan| scan.imports.clone()),
        exports: scan.map(|scan| scan.exports),
    })
}

fn world(scan: &Scan) -> Option<&'static str> {
    let exports = |interface: &str| {
        let start = format!("skep:worker/{interface}@");
        scan.exports.iter().any(|export| export.starts_with(&start))
    };
    match (exports("handler"), exports("lifecycle"), exports("state")) {
        (false, _, _) => None,
        (true, false, false) => Some("worker"),
        (true, true, false) => Some("lifecycle-worker"),
        (true, false, true) => Some("stateful-worker"),
        (true, true, true) => Some("full-worker"),
    }
}

/// What the manifest beside a file asks for, or the one in `node.toml` for its name.
fn asked(
    file: &Path,
    directory: &Directory,
    node: &NodeConfig,
) -> (Result<Asked, LoadError>, Option<WorkerOptions>) {
    let options = manifest(file, node).and_then(|manifest| {
        let (source, component) = match &manifest {
            Some(manifest) => (Some(manifest.file().to_owned()), other(file, manifest, directory)?),
            None => (None, None),
        };
        Ok((source, component, manifest.unwrap_or_default().into_options(node)?))
    });
    match options {
        Ok((source, component, options)) => {
            (Ok(Asked::of(source, component, &options)), Some(options))
        }
        Err(why) => (Err(why), None),
    }
}

fn manifest(file: &Path, node: &NodeConfig) -> Result<Option<Manifest>, LoadError> {
    let beside = match given::manifest(&file.with_extension("toml")) {
        Ok((_, manifest)) => Some(manifest),
        Err(why) if why.is_absence() => None,
        Err(why) => return Err(why),
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let of_node = WorkerName::try_from(stem).ok().and_then(|name| node.worker(&name));
    match (beside, of_node) {
        (Some(beside), Some(of_node)) => Err(LoadError::TwoManifests {
            first: of_node.file().to_owned(),
            second: beside.file().to_owned(),
        }),
        (beside, of_node) => Ok(beside.or_else(|| of_node.cloned())),
    }
}

/// The component that a manifest has its worker run instead of this file. It has to be where
/// a node would look for it: beside the manifest, or with the workers of `node.toml`.
fn other(
    file: &Path,
    manifest: &Manifest,
    directory: &Directory,
) -> Result<Option<String>, LoadError> {
    let stem = file.file_stem().unwrap_or_default();
    let Some(named) = manifest.component.as_ref().filter(|named| *named.as_str() != *stem) else {
        return Ok(None);
    };
    let name = format!("{}.wasm", named.as_str());
    let component = match manifest.is_node_s() {
        true => directory.workers().join(name),
        false => file.with_file_name(name),
    };
    if component.is_file() {
        return Ok(Some(named.to_string()));
    }
    Err(LoadError::NoComponent { file: manifest.file().to_owned(), component })
}

impl Asked {
    fn of(manifest: Option<String>, component: Option<String>, options: &WorkerOptions) -> Self {
        let (limits, usual) = (numbers(&options.limits), numbers(&Limits::default()));
        let changed_limits = limits.iter().filter(|(key, limit)| usual.get(*key) != Some(limit));
        Self {
            manifest,
            component,
            grants: options.grants.iter().map(|grant| grant.name()).collect(),
            addresses: options.addresses.iter().map(ToString::to_string).collect(),
            access: access(&options.access),
            network: options.network.entries().collect(),
            changed_limits: changed_limits.map(|(key, _)| *key).collect(),
            limits,
        }
    }
}

fn access(access: &Access) -> String {
    match access {
        Access::Identities(all) => {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        word => word.to_string().replace('"', ""),
    }
}

/// Limits by the keys that they have in a manifest.
fn numbers(limits: &Limits) -> BTreeMap<&'static str, u64> {
    let time = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let size = |size: usize| size as u64;
    BTreeMap::from([
        ("memory", size(limits.memory)),
        ("fuel", limits.fuel),
        ("deadline", time(limits.deadline)),
        ("start", time(limits.start)),
        ("request", time(limits.request)),
        ("message", size(limits.message)),
        ("mailbox-messages", size(limits.mailbox_messages)),
        ("mailbox-bytes", size(limits.mailbox_bytes)),
        ("outbox-effects", size(limits.outbox_effects)),
        ("outbox-bytes", size(limits.outbox_bytes)),
        ("log-lines", limits.log_lines.into()),
        ("log-bytes", size(limits.log_bytes)),
        ("timers", size(limits.timers)),
        ("monitors", size(limits.monitors)),
        ("children", size(limits.children)),
        ("descendants", size(limits.descendants)),
        ("held-bytes", size(limits.held_bytes)),
        ("state", size(limits.state)),
        ("handles", size(limits.handles)),
        ("host-bytes", size(limits.host_bytes)),
        ("random", size(limits.random)),
        ("failures", limits.failures.into()),
    ])
}
