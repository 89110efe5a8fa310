//! Files that somebody names on the command line, and those that they would lie beside. Of
//! the former links are followed; the bounds are those of a node's own files.

use std::path::Path;

use super::names::FileName;
use super::text::{MANIFEST, Text};
use super::{Directory, LoadError, Pinned, file};
use crate::config::{Manifest, WorkerName};

/// A component's bytes, at most `most`.
pub(crate) fn component(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    file::read_named(path, most)
}

/// A manifest: its text, and what it says.
pub(crate) fn manifest(path: &Path) -> Result<(String, Manifest), LoadError> {
    let text = file::text(file::read_named(path, MANIFEST)?, path)?;
    let manifest = Manifest::parse(&text, &path.display().to_string())?;
    Ok((text, manifest))
}

/// The manifest that a worker has in a node's directory already, if there is one.
pub(crate) fn manifest_there(
    directory: &Directory,
    worker: &WorkerName,
) -> Result<Option<Manifest>, LoadError> {
    let read = Pinned::open(&directory.workers())
        .and_then(|folder| Text::read(&folder, &FileName::manifest(worker)));
    match read {
        Ok((_, text)) => Ok(Some(text.manifest)),
        Err(why) if why.is_absence() => Ok(None),
        Err(why) => Err(why),
    }
}
