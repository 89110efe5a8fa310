//! A socket whose path would be too long beside its node: in a private folder of the
//! system's temporary one. A node that was killed leaves it there; the next one clears it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What the socket is called in its folder.
pub(super) const NAME: &str = "s";
/// What the folders' names begin with; 16 hexadecimal digits follow.
const PREFIX: &str = "skep-";
/// The most that is read of a note.
const NOTE: u64 = 4_096;

/// The path that a note in a node's `run/` says, if there is one.
pub(super) fn noted(note: &Path) -> Option<PathBuf> {
    let mut path = String::new();
    File::open(note).ok()?.take(NOTE).read_to_string(&mut path).ok()?;
    Some(PathBuf::from(path.trim_end_matches('\n')))
}

/// A new folder that nobody could have made before, and nobody else looks into.
pub(super) fn private_folder() -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let name = format!("{PREFIX}{:016x}", u64::from_be_bytes(random));
    let folder = std::env::temp_dir().join(name);
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Remove the socket that a dead node has left, and its folder: only what such a node makes,
/// whatever the note says.
pub(super) fn clear(socket: &Path) {
    let Some(folder) = socket.parent() else { return };
    if socket.file_name().is_none_or(|name| name != NAME) || !is_ours(folder) {
        return;
    }
    if fs::symlink_metadata(socket).is_ok_and(|found| found.file_type().is_socket()) {
        let _ = fs::remove_file(socket);
    }
    // Anything else that lies in it keeps it.
    let _ = fs::remove_dir(folder);
}

/// Whether a node of this user may have made the folder.
fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().map(OsStrExt::as_bytes).unwrap_or_default();
    let digits = name.strip_prefix(PREFIX.as_bytes()).unwrap_or_default();
    let is_named = digits.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit);
    let own = rustix::process::geteuid().as_raw();
    // Not through a link: that may lead anywhere.
    let found = fs::symlink_metadata(folder);
    is_named
        && found
            .is_ok_and(|found| found.is_dir() && found.uid() == own && found.mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use tempfile::TempDir;

    fn folder(home: &TempDir, name: &str) -> PathBuf {
        let folder = home.path().join(name);
        DirBuilder::new().mode(0o700).create(&folder).unwrap();
        folder
    }

    #[test]
    fn what_a_dead_node_left_goes() {
        let home = TempDir::new().unwrap();
        let left = folder(&home, "skep-0123456789abcdef");
        drop(UnixListener::bind(left.join(NAME)).unwrap());
        clear(&left.join(NAME));
        assert!(!left.exists());
        // A cleaner of the temporary folder may have been there before.
        let empty = folder(&home, "skep-0123456789abcdef");
        clear(&empty.join(NAME));
        assert!(!empty.exists());
    }

    #[test]
    fn nothing_else_does() {
        let home = TempDir::new().unwrap();
        for name in ["skep-0123456789abcde", "skep-0123456789abcdeg", "tmp-0123456789abcdef"] {
            let other = folder(&home, name);
            clear(&other.join(NAME));
            assert!(other.exists(), "{name}");
        }
        let ours = folder(&home, "skep-fedcba9876543210");
        fs::write(ours.join(NAME), "no socket").unwrap();
        clear(&ours.join(NAME));
        assert!(ours.join(NAME).exists());
        let link = home.path().join("skep-0000000000000000");
        let empty = folder(&home, "empty");
        std::os::unix::fs::symlink(&empty, &link).unwrap();
        clear(&link.join(NAME));
        assert!(link.is_symlink() && empty.exists());
        clear(Path::new("/"));
        clear(Path::new(""));
    }
}
