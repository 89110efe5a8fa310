//! What lies in `workers/` at one time: components, their manifests, and what is wrong with
//! either.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::listing::{Listing, Look, list};
use super::names::{FileName, Kind};
use super::pairs::{Files, Known, Pairing, Version};
use super::text::{Room, Text};
use super::{LoadError, Pinned};
use crate::config::{NodeConfig, WorkerName, WorkerOptions};

/// A worker that files ask for.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its name, which is its address; for a file whose name cannot be one, that name as text.
    pub(crate) name: String,
    /// Its component.
    pub(crate) path: PathBuf,
    /// How it is to run, or why it cannot.
    pub(crate) options: Result<WorkerOptions, LoadError>,
    folder: Arc<Pinned>,
    file: Option<FileName>,
}

impl Found {
    /// The name of its component: the stem of the file.
    pub(crate) fn component(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads its component of at most `most` bytes, all from one descriptor.
    pub(crate) fn read(&self, most: u64) -> Result<Vec<u8>, LoadError> {
        let not_a_file = || LoadError::NotAFile { path: self.path.clone() };
        let file = self.file.as_ref().ok_or_else(not_a_file)?;
        self.folder.read(file, most).map(|(_, bytes)| bytes)
    }
}

/// Looks through the folder of the workers' files, in the order of the workers' names. What
/// is wrong with one of them is said in its place; only a folder that cannot be read, or
/// that is too full, is an error.
pub(crate) fn scan(folder: &Path, node: &NodeConfig) -> Result<Vec<Found>, LoadError> {
    let folder = Arc::new(Pinned::open(folder)?);
    let listing = list(&folder)?;
    if let Some(words) = listing.warning(&folder, |_| true) {
        tracing::warn!("{words}");
    }
    let Listing { files, refused, .. } = listing;
    let (files, pairing) = (AtOnce::read(&folder, files, node.component()), Pairing::new(node));
    // Nothing is unsettled where everything is read at once.
    let versions = pairing
        .workers(&files)
        .into_iter()
        .filter_map(|name| Some(of(&folder, name, &pairing.version(name, &files)?, node)));
    let refused = refused.into_iter().map(|(name, why)| refuse(&folder, name, why));
    let mut found: Vec<_> = refused.chain(versions).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn of(folder: &Arc<Pinned>, name: &WorkerName, version: &Version, node: &NodeConfig) -> Found {
    let file = FileName::component(version.component().unwrap_or(name));
    Found {
        name: name.to_string(),
        path: folder.path_of(&file),
        options: version.options(node),
        folder: folder.clone(),
        file: Some(file),
    }
}

fn refuse(folder: &Arc<Pinned>, name: String, why: LoadError) -> Found {
    let path = folder.path().join(&name);
    Found { name, path, options: Err(why), folder: folder.clone(), file: None }
}

/// The files of a folder, all looked at and read at one time.
struct AtOnce<'a> {
    folder: &'a Pinned,
    files: BTreeMap<FileName, Look>,
    manifests: BTreeMap<WorkerName, Result<Arc<Text>, LoadError>>,
    /// The most bytes of a component.
    most: u64,
}

impl<'a> AtOnce<'a> {
    /// Reads all manifests.
    fn read(folder: &'a Pinned, files: BTreeMap<FileName, Look>, most: u64) -> Self {
        let (mut room, mut manifests) = (Room::default(), BTreeMap::new());
        for name in files.keys().filter(|name| name.kind == Kind::Manifest) {
            let text = Text::read(folder, name).and_then(|(_, text)| {
                room.take(text.bytes, || folder.path_of(name))?;
                Ok(Arc::new(text))
            });
            manifests.insert(name.worker.clone(), text);
        }
        Self { folder, files, manifests, most }
    }
}

impl Files for AtOnce<'_> {
    fn names(&self) -> impl Iterator<Item = &FileName> {
        self.files.keys()
    }

    fn component(&self, name: &WorkerName) -> Known<Option<blake3::Hash>> {
        let file = FileName::component(name);
        match self.files.get(&file) {
            None => Known::Nothing,
            Some(Look::File(stamp)) if stamp.size() > self.most => {
                Known::Bad(LoadError::TooLarge {
                    path: self.folder.path_of(&file),
                    most: self.most,
                })
            }
            Some(Look::File(_)) => Known::Good(None),
            Some(Look::Special) => {
                Known::Bad(LoadError::NotAFile { path: self.folder.path_of(&file) })
            }
            Some(Look::Unknown(why)) => Known::Bad(why.clone()),
        }
    }

    fn manifest(&self, name: &WorkerName) -> Known<Arc<Text>> {
        match self.manifests.get(name) {
            None => Known::Nothing,
            Some(Ok(text)) => Known::Good(text.clone()),
            // It has gone since the folder was listed.
            Some(Err(why)) if why.is_absence() => Known::Nothing,
            Some(Err(why)) => Known::Bad(why.clone()),
        }
    }

    fn folder(&self) -> &Pinned {
        self.folder
    }
}
