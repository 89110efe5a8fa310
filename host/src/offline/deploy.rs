//! Puts a component into a node's directory, after it was checked as a node checks it.

use std::path::PathBuf;

use crate::config::{ConfigError, Manifest, NodeConfig, WorkerName};
use crate::error::{LoadError, NameError};
use crate::loader::put::{Fate, Put, put};
use crate::loader::{Directory, Pinned, given};
use crate::offline::check::check;

/// What is to be put where.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The component.
    pub file: PathBuf,
    /// The worker's name; otherwise the file's, without its ending.
    pub worker: Option<String>,
    /// A manifest that comes with it.
    pub manifest: Option<PathBuf>,
    /// The node's directory.
    pub directory: PathBuf,
}

/// What was put where.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// The directory, if it was not there before.
    pub made: Option<PathBuf>,
    /// The worker's name.
    pub worker: String,
    /// Its component, and what became of it.
    pub component: (PathBuf, Fate),
    /// Its manifest, if one came with it.
    pub manifest: Option<(PathBuf, Fate)>,
    /// The bytes of the component.
    pub bytes: usize,
    /// Its BLAKE3 hash.
    pub digest: String,
}

/// Why nothing was put anywhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// No worker can have this name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A node would not take it.
    #[error("{} {why}", file.display())]
    Refused {
        /// The component.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// It would not be what the worker runs.
    #[error(
        "{manifest}: says that `{worker}` runs the component `{component}`, and not one of its own: deploy it as `{component}`, or change the manifest"
    )]
    OtherComponent {
        /// Where it says so.
        manifest: String,
        /// The worker.
        worker: String,
        /// What it runs.
        component: String,
    },
    /// A file cannot be read or written, or its manifest is not possible.
    #[error(transparent)]
    Files(#[from] LoadError),
}

impl From<ConfigError> for DeployError {
    fn from(error: ConfigError) -> Self {
        Self::Files(error.into())
    }
}

/// Puts a component into a node's directory, whether a node runs there or not. Nothing is
/// touched before all of it is known to be good.
///
/// # Errors
/// Each of these says what is wrong with what.
pub fn deploy(order: &Deployment) -> Result<Deployed, DeployError> {
    let directory = Directory::at(&order.directory);
    let node = directory.config()?;
    let worker = worker(order)?;
    let component = given::component(&order.file, node.component())?;
    let manifest = order.manifest.as_deref().map(given::manifest).transpose()?;
    let (text, manifest) = manifest.unzip();
    let manifest = counting(&worker, manifest, &directory, &node)?;
    let options = manifest.unwrap_or_default().into_options(&node)?;
    check(component.clone(), &options.limits, &node)
        .map_err(|why| DeployError::Refused { file: order.file.clone(), why: why.to_string() })?;

    let made = directory.create_workers()?;
    let folder = Pinned::open(&directory.workers())?;
    let put = put(&folder, &worker, &component, text.as_deref())?;
    let Put { component: placed, manifest } = put;
    Ok(Deployed {
        made: made.then(|| order.directory.clone()),
        worker: worker.to_string(),
        component: placed,
        manifest,
        bytes: component.len(),
        digest: blake3::hash(&component).to_hex().to_string(),
    })
}

fn worker(order: &Deployment) -> Result<WorkerName, NameError> {
    let stem = || order.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    WorkerName::try_from(order.worker.clone().unwrap_or_else(stem))
}

/// The manifest that the worker would run by: the one that comes with it, or else what is
/// there already. It has to be about this component.
fn counting(
    worker: &WorkerName,
    comes: Option<Manifest>,
    directory: &Directory,
    node: &NodeConfig,
) -> Result<Option<Manifest>, DeployError> {
    let beside = match comes {
        Some(manifest) => Some(manifest),
        None => given::manifest_there(directory, worker)?,
    };
    let manifest = match (beside, node.worker(worker)) {
        (Some(beside), Some(of_node)) => {
            let (first, second) = (of_node.file().to_owned(), beside.file().to_owned());
            return Err(LoadError::TwoManifests { first, second }.into());
        }
        (beside, of_node) => beside.or_else(|| of_node.cloned()),
    };
    let Some(manifest) = manifest else { return Ok(None) };
    match &manifest.component {
        Some(component) if component != worker => Err(DeployError::OtherComponent {
            manifest: manifest.file().to_owned(),
            worker: worker.to_string(),
            component: component.to_string(),
        }),
        _ => Ok(Some(manifest)),
    }
}
