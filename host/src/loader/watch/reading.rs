//! Reads a file for what it comes to: a digest, or what a manifest says.

use std::sync::Arc;
use std::time::SystemTime;

use super::pace::Pace;
use super::shelf::{Content, Due, Reading};
use crate::engine;
use crate::loader::names::Kind;
use crate::loader::text::Text;
use crate::loader::{LoadError, Pinned};

/// Reads a file, a component of at most `most` bytes. Of a component only the digest is kept, and whether it may be unfinished.
pub(super) fn read(
    folder: &Pinned,
    due: &Due,
    pace: &Pace,
    most: u64,
) -> Result<Reading, LoadError> {
    let (stamp, content) = match due.name.kind {
        Kind::Component => {
            let (stamp, bytes) = folder.read(&due.name, most)?;
            let digest = blake3::hash(&bytes);
            let unfinished = !due.as_it_is && engine::may_be_unfinished(bytes);
            (stamp, Content::Component { digest, unfinished })
        }
        Kind::Manifest => {
            let (stamp, text) = Text::read(folder, &due.name)?;
            (stamp, Content::Manifest(Arc::new(text)))
        }
    };
    let is_fresh = stamp.age(SystemTime::now()) < pace.granule;
    Ok(Reading { stamp, is_fresh, content })
}
