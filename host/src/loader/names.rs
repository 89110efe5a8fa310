//! Which files of `workers/` are the node's business, told by their names alone.

use std::fmt;

use crate::config::{NameError, WorkerName};
use crate::sanitize::sanitize;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `NAME.wasm`.
    Component,
    /// `NAME.toml`.
    Manifest,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Component => ".wasm",
            Self::Manifest => ".toml",
        }
    }
}

/// The name of a file that a worker is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileName {
    pub(super) worker: WorkerName,
    pub(super) kind: Kind,
}

impl FileName {
    pub(super) fn component(worker: &WorkerName) -> Self {
        Self { worker: worker.clone(), kind: Kind::Component }
    }

    #[cfg(feature = "watch")]
    pub(super) fn manifest(worker: &WorkerName) -> Self {
        Self { worker: worker.clone(), kind: Kind::Manifest }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.worker, self.kind.ending())
    }
}

/// What the name of a file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// It is a worker's.
    Worker(FileName),
    /// It would be a worker's, but no worker can have this name.
    Refused {
        /// The name as text that can be shown.
        name: String,
        why: NameError,
    },
}

/// Reads a file's name; none if it is not the node's business.
///
/// What ends in neither `.wasm` nor `.toml` is a note, or what an editor or a copying program
/// keeps beside the file (`x.wasm~`, `x.wasm.part`, `.x.wasm.swp`, `4913`). What begins with a
/// dot is hidden, or still being written; `#` and `~` are how editors mark their own copies.
pub(super) fn named(file: &[u8]) -> Option<Named> {
    if matches!(file.first(), None | Some(b'.' | b'#' | b'~')) {
        return None;
    }
    let of = |kind: Kind| file.strip_suffix(kind.ending().as_bytes()).map(|stem| (stem, kind));
    let (stem, kind) = of(Kind::Component).or_else(|| of(Kind::Manifest))?;
    let text = String::from_utf8_lossy(stem);
    Some(match WorkerName::try_from(text.to_string()) {
        Ok(worker) => Named::Worker(FileName { worker, kind }),
        Err(why) => Named::Refused { name: sanitize(&text).into_owned(), why },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_workers_count() {
        let shown = |file: &str| match named(file.as_bytes()) {
            None => "-".to_owned(),
            Some(Named::Worker(file)) => file.to_string(),
            Some(Named::Refused { name, .. }) => format!("refused {name}"),
        };
        for own in ["echoer.wasm", "a.b.toml", "x.tmp.wasm"] {
            assert_eq!(shown(own), own);
        }
        for temporary in [
            "",
            ".x.wasm",
            ".wasm",
            "x.wasm~",
            "x.toml.tmp",
            "x.wasm.part",
            "x.wasm.crdownload",
            ".x.toml.swp",
            "x.toml.swp",
            "#x.toml#",
            "#x.toml",
            ".#x.toml",
            "~$x.toml",
            "4913",
            ".DS_Store",
            "._x.wasm",
            "x.toml___jb_tmp___",
            "README.md",
            "x.WASM",
            "wasm",
        ] {
            assert_eq!(shown(temporary), "-", "{temporary}");
        }
        assert_eq!(shown("X.wasm"), "refused X");
        assert_eq!(shown("app.toml"), "refused app");
        assert_eq!(shown("a\x1b.toml"), "refused a\\u{1b}");
    }
}
