//! Brings components and manifests together: what each worker is to be made from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::names::FileName;
use super::text::Text;
use super::{LoadError, Pinned};
use crate::config::{Manifest, NodeConfig, WorkerName, WorkerOptions};

/// What is known of one file.
#[derive(Debug)]
pub(super) enum Known<T> {
    /// It is not there.
    Nothing,
    /// It is being written, or has just gone: what it comes to is not known yet.
    #[cfg(feature = "watch")]
    Unsettled,
    Good(T),
    Bad(LoadError),
}

/// The files of a folder, as far as they are known.
pub(super) trait Files {
    /// All that are there.
    fn names(&self) -> impl Iterator<Item = &FileName>;
    /// A component's digest, where it was asked for.
    fn component(&self, name: &WorkerName) -> Known<Option<blake3::Hash>>;
    fn manifest(&self, name: &WorkerName) -> Known<Arc<Text>>;
    /// Where they are.
    fn folder(&self) -> &Pinned;
}

/// Which manifest a worker has.
#[derive(Clone)]
enum Which {
    /// None: it runs as all do by default.
    Default,
    /// The one in `node.toml`.
    Node(Arc<Manifest>),
    Beside(Arc<Text>),
}

/// What a worker is made from.
#[derive(Clone)]
pub(crate) struct Version {
    /// The name of its component's file, without `.wasm`, where one can be told.
    component: Option<WorkerName>,
    /// The hash of that file, if it is there.
    digest: Option<blake3::Hash>,
    manifest: Which,
    /// Why it cannot be made.
    problem: Option<LoadError>,
}

impl Version {
    /// What cannot be a worker, whatever its component is.
    pub(super) fn refused(problem: LoadError) -> Self {
        Self { component: None, digest: None, manifest: Which::Default, problem: Some(problem) }
    }

    pub(super) fn component(&self) -> Option<&WorkerName> {
        self.component.as_ref()
    }

    #[cfg(feature = "watch")]
    pub(super) fn digest(&self) -> Option<blake3::Hash> {
        self.digest
    }

    /// Whether it was to be made from a component that is not there.
    #[cfg(feature = "watch")]
    pub(super) fn lacks_component(&self) -> bool {
        matches!(self.problem, Some(LoadError::NoComponent { .. }))
    }

    /// How the worker is to run, or why it cannot.
    pub(super) fn options(&self, node: &NodeConfig) -> Result<WorkerOptions, LoadError> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let manifest = match &self.manifest {
            Which::Default => Manifest::default(),
            Which::Node(manifest) => Manifest::clone(manifest),
            Which::Beside(text) => text.manifest.clone(),
        };
        Ok(manifest.into_options(node)?)
    }
}

/// Digests and texts decide, nothing else.
impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        let words = |version: &Self| version.problem.as_ref().map(LoadError::to_string);
        let same_manifest = match (&self.manifest, &other.manifest) {
            (Which::Default, Which::Default) => true,
            (Which::Node(a), Which::Node(b)) => Arc::ptr_eq(a, b),
            (Which::Beside(a), Which::Beside(b)) => a.digest == b.digest,
            _ => false,
        };
        same_manifest
            && (&self.component, self.digest, words(self))
                == (&other.component, other.digest, words(other))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Version")
            .field("component", &self.component)
            .field("digest", &self.digest.map(|digest| digest.to_hex()))
            .field("problem", &self.problem.as_ref().map(LoadError::to_string))
            .finish_non_exhaustive()
    }
}

/// The node's part of it: its settings, and the manifests in `node.toml`.
#[derive(Debug)]
pub(super) struct Pairing {
    manifests: BTreeMap<WorkerName, Arc<Manifest>>,
}

impl Pairing {
    pub(super) fn new(node: &NodeConfig) -> Self {
        let of =
            |(name, manifest): (&WorkerName, &Manifest)| (name.clone(), Arc::new(manifest.clone()));
        Self { manifests: node.workers().map(of).collect() }
    }

    /// The names of all workers that something asks for.
    pub(super) fn workers<'a>(&'a self, files: &'a impl Files) -> BTreeSet<&'a WorkerName> {
        files.names().map(|file| &file.worker).chain(self.manifests.keys()).collect()
    }

    /// What a worker is to be made from; none while that is not known.
    pub(super) fn version(&self, name: &WorkerName, files: &impl Files) -> Option<Version> {
        let manifest = match (files.manifest(name), self.manifests.get(name)) {
            #[cfg(feature = "watch")]
            (Known::Unsettled, _) => return None,
            (Known::Bad(problem), _) => return Some(Version::refused(problem)),
            (Known::Good(text), Some(node)) => {
                let (first, second) = (node.file().to_owned(), text.manifest.file().to_owned());
                let problem = LoadError::TwoManifests { first, second };
                return Some(Version::refused(problem));
            }
            (Known::Good(text), None) => Which::Beside(text),
            (Known::Nothing, Some(node)) => Which::Node(node.clone()),
            (Known::Nothing, None) => Which::Default,
        };
        let component = manifest.component().unwrap_or(name).clone();
        let (digest, problem) = match files.component(&component) {
            #[cfg(feature = "watch")]
            Known::Unsettled => return None,
            Known::Good(digest) => (digest, None),
            Known::Bad(problem) => (None, Some(problem)),
            Known::Nothing => (None, Some(manifest.lacks(&component, files))),
        };
        Some(Version { component: Some(component), digest, manifest, problem })
    }
}

impl Which {
    fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::Default => None,
            Self::Node(manifest) => Some(manifest),
            Self::Beside(text) => Some(&text.manifest),
        }
    }

    fn component(&self) -> Option<&WorkerName> {
        self.manifest()?.component.as_ref()
    }

    fn lacks(&self, component: &WorkerName, files: &impl Files) -> LoadError {
        let file = self.manifest().map(Manifest::file).unwrap_or_default().to_owned();
        LoadError::NoComponent {
            file,
            component: files.folder().path_of(&FileName::component(component)),
        }
    }
}
