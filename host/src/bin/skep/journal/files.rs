//! The files of a log: `node-000017.jsonl`, the highest number last.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A file of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogFile {
    pub(super) number: u64,
    pub(super) path: PathBuf,
}

/// The file of this number.
pub(super) fn file(folder: &Path, number: u64) -> LogFile {
    LogFile { number, path: folder.join(format!("node-{number:06}.jsonl")) }
}

/// All files of a log, oldest first; none where there is no folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<LogFile>> {
    let entries = match fs::read_dir(folder) {
        Err(none) if none.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        found.extend(name.to_str().and_then(number).map(|number| file(folder, number)));
    }
    found.sort();
    Ok(found)
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("node-")?.strip_suffix(".jsonl")?;
    // No node comes as far as the longest; a stranger's file may.
    let is_plain =
        (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}
