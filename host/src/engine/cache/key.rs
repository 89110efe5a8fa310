//! The key by which a node knows its own cache entries again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

const LEN: usize = blake3::KEY_LEN;

/// Reads the key, or makes a new one where there is none that only this user knows. A new
/// key makes all entries void; they are compiled again, which costs time and nothing else.
pub(super) fn read_or_make(path: &Path) -> io::Result<[u8; LEN]> {
    match read(path)? {
        Some(key) => Ok(key),
        None => make(path),
    }
}

/// The key, unless there is none or others may know it: of another length, readable or
/// writable by others, belonging to somebody else, or no regular file.
fn read(path: &Path) -> io::Result<Option<[u8; LEN]>> {
    // A symbolic link is not followed, and a pipe not waited for.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match File::options().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        Err(_) => return Ok(None),
    };
    let metadata = file.metadata()?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !metadata.is_file() || !ours || metadata.mode() & 0o077 != 0 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(LEN as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes.try_into().ok())
}

/// Writes a new key aside and renames it, over whatever is there.
fn make(path: &Path) -> io::Result<[u8; LEN]> {
    let mut key = [0; LEN];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = Path::new(&aside);
    match fs::remove_file(aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => super::write_new(aside, &[&key])?,
    }
    fs::rename(aside, path)?;
    Ok(key)
}
