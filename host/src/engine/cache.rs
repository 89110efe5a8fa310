//! Compiled code on disk, so that a file that was seen before starts at once.
//!
//! Whoever can write an entry could run any machine code in the node. So the directory is
//! the node's alone, each entry carries a keyed hash (its key lies elsewhere), and code is
//! read into memory, verified there, and only then loaded.

mod key;
mod space;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use wasmtime::Engine;
use wasmtime::component::Component;

use self::space::Space;

/// The bytes that the entries of a cache may have together (256 MiB).
pub(crate) const CAPACITY: u64 = 256 << 20;
/// The bytes of the keyed hash that an entry begins with.
const MAC: usize = blake3::OUT_LEN;

/// Why a cache cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Its directory is not there, and cannot be made, or not kept from others.
    #[error("the cache directory {} cannot be made this user's own: {source}; remove it, or have it belong to this user", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The key that entries are verified by can be neither read nor made.
    #[error("the cache's key {} can be neither read nor made: {source}; remove it, or have it belong to this user", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Compiled code of components, by the hash of what it was compiled from.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; blake3::KEY_LEN],
    space: Space,
    next: AtomicU64,
    warned: AtomicBool,
}

impl Cache {
    /// Opens the cache in `dir`, which is made if it is not there, with so many bytes for
    /// all entries. The key is read from `key_file`, or made anew there; that file must not
    /// lie in `dir`.
    pub(crate) fn with_capacity(
        dir: &Path,
        key_file: &Path,
        capacity: u64,
    ) -> Result<Self, CacheError> {
        make_private(dir).map_err(|source| CacheError::Directory { path: dir.into(), source })?;
        let key = key::read_or_make(key_file)
            .map_err(|source| CacheError::Key { path: key_file.into(), source })?;
        Ok(Self {
            dir: dir.into(),
            key,
            space: Space::new(dir, capacity),
            next: AtomicU64::new(0),
            warned: AtomicBool::new(false),
        })
    }

    /// The code that was compiled from bytes with this hash, if it is here and unharmed.
    pub(crate) fn load(&self, engine: &Engine, digest: &blake3::Hash) -> Option<Component> {
        let name = entry_name(engine, digest);
        let entry = self.read(&name).ok()?;
        let code = self.verified(&name, &entry)?;
        #[expect(
            unsafe_code,
            reason = "deserialising trusts its input to be wasmtime's own output"
        )]
        // SAFETY: the keyed hash just verified covers all of `code` and its name, and is only ever
        // made in `store`, of what `Component::serialize` returned for this engine's settings. `code`
        // is in memory of this process, so that nobody changes it between the check and its use.
        let component = unsafe { Component::deserialize(engine, code) };
        component.ok()
    }

    /// Keeps compiled code. A cache that cannot be written costs time later, nothing else.
    pub(crate) fn store(&self, engine: &Engine, digest: &blake3::Hash, component: &Component) {
        let name = entry_name(engine, digest);
        let written = component
            .serialize()
            .map_err(|error| io::Error::other(format!("{error:#}")))
            .and_then(|code| self.write(&name, &code));
        if let Err(error) = written
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            let dir = self.dir.display();
            tracing::warn!("compiled code is not kept: {dir} cannot be written: {error}");
        }
    }

    /// Reads an entry whole, and marks it as used just now.
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let file = File::open(self.dir.join(name))?;
        let most = self.space.capacity();
        if file.metadata()?.len() > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut entry = Vec::new();
        (&file).take(most).read_to_end(&mut entry)?;
        // Which entry goes first when room is needed is all that depends on it.
        let _ = file.set_modified(SystemTime::now());
        Ok(entry)
    }

    /// The code in an entry that begins with its own keyed hash.
    fn verified<'a>(&self, name: &str, entry: &'a [u8]) -> Option<&'a [u8]> {
        let (mac, code) = entry.split_first_chunk::<MAC>()?;
        // Equality of `blake3::Hash` takes the same time wherever the two differ.
        (self.mac(name, code) == blake3::Hash::from_bytes(*mac)).then_some(code)
    }

    /// The name is part of it, or one entry could be put in the place of another.
    fn mac(&self, name: &str, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(name.as_bytes());
        hasher.update(code);
        hasher.finalize()
    }

    /// Writes an entry aside and renames it, so that no half of one is ever seen.
    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let size = code.len().saturating_add(MAC) as u64;
        if !self.space.fits(size) {
            return Ok(());
        }
        let aside = self.dir.join(format!(".{name}.{}", self.next.fetch_add(1, Ordering::Relaxed)));
        let mac = self.mac(name, code);
        let done = write_new(&aside, &[mac.as_bytes(), code])
            .and_then(|()| fs::rename(&aside, self.dir.join(name)));
        match done {
            Ok(()) => self.space.taken(size),
            Err(_) => drop(fs::remove_file(&aside)),
        }
        done
    }
}

/// The file name of an entry: what was compiled, by which settings, and by which node.
fn entry_name(engine: &Engine, digest: &blake3::Hash) -> String {
    let mut name = Fingerprint(blake3::Hasher::new());
    name.write(digest.as_bytes());
    engine.precompile_compatibility_hash().hash(&mut name);
    name.write(env!("CARGO_PKG_VERSION").as_bytes());
    name.0.finalize().to_hex().to_string()
}

/// Lets blake3 hash what only knows [`std::hash::Hash`].
struct Fingerprint(blake3::Hasher);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

/// Makes a directory that nobody else may enter, or takes others' rights to one away.
fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mode = fs::metadata(dir)?.permissions().mode() & 0o777;
    if mode == 0o700 {
        return Ok(());
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

/// Writes a file that was not there and that nobody else may read.
fn write_new(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}
