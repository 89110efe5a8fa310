//! `skep identity`: who a node is in secure channels.

use std::path::Path;

use skep::offline::{self, IdentityFailure, IdentityInfo};

use crate::failure::Failure;
use crate::output;
use crate::task::{Change, Identity};

pub(crate) fn identity(directory: &Path, asked: &Identity) -> Result<(), Failure> {
    let failed = |why: IdentityFailure| Failure::new(why.to_string());
    let info = match asked.change {
        Change::None => offline::identity(directory),
        Change::Create => offline::create_identity(directory),
        Change::Rotate => offline::rotate_identity(directory),
    };
    let info = info.map_err(failed)?;
    if asked.json {
        return output::json(&info);
    }
    // By itself, so that scripts can use it.
    output::line(&info.identifier)?;
    told(asked.change, &info).into_iter().for_each(|text| output::note(&text));
    Ok(())
}

/// What is said beside it.
fn told(change: Change, info: &IdentityInfo) -> Option<String> {
    match change {
        Change::None => None,
        Change::Create => Some(format!("made {}: whoever can read it can be this node", info.file)),
        Change::Rotate => Some(format!(
            "this is its key number {}; a running node shows it to others within some seconds, and \
             those who have seen it do not take the keys before any more",
            info.keys
        )),
    }
}
