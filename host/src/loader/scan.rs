//! What lies in `workers/`: components, their manifests, and what is wrong with either.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{LoadError, file};
use crate::config::{Manifest, NodeConfig, WorkerName, WorkerOptions};
use crate::sanitize::sanitize;

/// The most files that are looked at.
const ENTRIES: usize = 100_000;
/// The most that is read of one manifest, in bytes.
const MANIFEST: u64 = 64 << 10;
/// The most that is read of all manifests, in bytes: what they say stays in memory.
const MANIFESTS: u64 = 64 << 20;
/// A worker that files ask for.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its name, which is its address; for a file whose name cannot be one, that name as text.
    pub(crate) name: String,
    /// Its component.
    pub(crate) path: PathBuf,
    /// How it is to run, or why it cannot.
    pub(crate) options: Result<WorkerOptions, LoadError>,
}

impl Found {
    /// The name of its component: the stem of the file.
    pub(crate) fn component(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads its component of at most `most` bytes, all from one descriptor.
    pub(crate) fn read(&self, most: u64) -> Result<Vec<u8>, LoadError> {
        file::read(&self.path, most)
    }
}

/// Looks through the folder of the workers' files, in the order of the workers' names. What
/// is wrong with one of them is said in its place; only a folder that cannot be read, or
/// that is too full, is an error.
pub(crate) fn scan(dir: &Path, node: &NodeConfig) -> Result<Vec<Found>, LoadError> {
    let Folder { components, manifests, refused: mut found } = Folder::list(dir)?;
    let mut manifests = read_manifests(manifests);
    add_from_node(&mut manifests, node);
    for name in components.keys() {
        manifests.entry(name.clone()).or_insert_with(|| Ok(Manifest::default()));
    }
    for (name, manifest) in manifests {
        let component = manifest.as_ref().ok().and_then(|manifest| manifest.component.as_ref());
        let component = component.unwrap_or(&name);
        let path = dir.join(format!("{component}.wasm"));
        let is_file = components.get(component).copied();
        let options = manifest.and_then(|manifest| options(manifest, node, &path, is_file));
        found.push(Found { name: name.to_string(), path, options });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What a worker is started with. `is_file` says whether its component is there, and if so
/// whether it may be read.
fn options(
    manifest: Manifest,
    node: &NodeConfig,
    path: &Path,
    is_file: Option<bool>,
) -> Result<WorkerOptions, LoadError> {
    match is_file {
        Some(true) => Ok(manifest.into_options(node)?),
        Some(false) => Err(LoadError::NotAFile { path: path.into() }),
        None => {
            Err(LoadError::NoComponent { file: manifest.file().to_owned(), component: path.into() })
        }
    }
}

type Manifests = BTreeMap<WorkerName, Result<Manifest, LoadError>>;

/// Reads the manifests that lie beside components, until they are too much together.
fn read_manifests(files: BTreeMap<WorkerName, PathBuf>) -> Manifests {
    let mut left = MANIFESTS;
    let read = |(name, path): (WorkerName, PathBuf)| {
        let manifest = read_manifest(&path, &mut left);
        (name, manifest)
    };
    files.into_iter().map(read).collect()
}

fn read_manifest(path: &Path, left: &mut u64) -> Result<Manifest, LoadError> {
    // One that has gone since the folder was listed says nothing.
    let text = file::read_text(path, MANIFEST)?.unwrap_or_default();
    let rest = left.checked_sub(text.len() as u64);
    *left = rest.ok_or_else(|| LoadError::Manifests { path: path.into(), most: MANIFESTS })?;
    Ok(Manifest::parse(&text, &path.display().to_string())?)
}

/// A worker's manifest may stand in `node.toml` instead, but not in both places.
fn add_from_node(manifests: &mut Manifests, node: &NodeConfig) {
    for (name, manifest) in node.workers() {
        let manifest = match manifests.remove(name) {
            None => Ok(manifest.clone()),
            Some(Err(error)) => Err(error),
            Some(Ok(beside)) => Err(LoadError::TwoManifests {
                first: manifest.file().to_owned(),
                second: beside.file().to_owned(),
            }),
        };
        manifests.insert(name.clone(), manifest);
    }
}

/// The files of a folder by what they are for.
#[derive(Default)]
struct Folder {
    /// Components, and whether they are regular files.
    components: BTreeMap<WorkerName, bool>,
    manifests: BTreeMap<WorkerName, PathBuf>,
    /// Those whose names cannot be a worker's.
    refused: Vec<Found>,
}

impl Folder {
    fn list(dir: &Path) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Read { path: dir.into(), source };
        let mut folder = Self::default();
        for (count, entry) in fs::read_dir(dir).map_err(unreadable)?.enumerate() {
            if count == ENTRIES {
                return Err(LoadError::TooMany { path: dir.into(), most: ENTRIES });
            }
            folder.sort_in(&entry.map_err(unreadable)?);
        }
        Ok(folder)
    }

    /// Names with a dot in front are for files that are still being written. What ends in
    /// neither `.wasm` nor `.toml` is not the node's business: notes, what editors leave, ...
    fn sort_in(&mut self, entry: &DirEntry) {
        let file_name = entry.file_name();
        let file_name = file_name.as_bytes();
        if file_name.starts_with(b".") {
            return;
        }
        if let Some(stem) = file_name.strip_suffix(b".wasm") {
            if let Some(name) = self.name(stem, entry) {
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                self.components.insert(name, is_file);
            }
        } else if let Some(stem) = file_name.strip_suffix(b".toml")
            && let Some(name) = self.name(stem, entry)
        {
            self.manifests.insert(name, entry.path());
        }
    }

    /// The name of a worker, unless it cannot be one.
    fn name(&mut self, stem: &[u8], entry: &DirEntry) -> Option<WorkerName> {
        let text = String::from_utf8_lossy(stem);
        match WorkerName::try_from(text.to_string()) {
            Ok(name) => Some(name),
            Err(source) => {
                let path = entry.path();
                let options = Err(LoadError::Name { path: path.clone(), source });
                let name = sanitize(&text).into_owned();
                self.refused.push(Found { name, path, options });
                None
            }
        }
    }
}
