//! The file that keeps the node's identity: for this user's eyes alone.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use skep_secure::Identity;

use super::file::There;
use super::stamp::Stamp;
use super::{LoadError, file};
use crate::sync::{Mutex, lock};
use crate::transport::secure::IdentityStore;

/// The most bytes that are read of it.
const LONGEST: u64 = 64 << 10;

/// The file that keeps the node's identity.
#[derive(Debug)]
pub(crate) struct IdentityFile {
    path: PathBuf,
    /// As it was read last.
    read: Mutex<Option<Stamp>>,
}

impl IdentityFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, read: Mutex::new(None) }
    }

    #[cfg(feature = "cli")]
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// The identity in it, unless it was read before; none if there is no such file either.
    ///
    /// # Errors
    /// When it is not for this user alone, or no identity is in it. It is not read again then
    /// before it changes.
    fn read_if_new(&self) -> Result<Option<Identity>, LoadError> {
        let Some(file) = file::open_if_there(&self.path)? else { return Ok(None) };
        let stamp = file::stamp(&file, &self.path)?;
        let read = &mut *lock(&self.read);
        if read.as_ref() == Some(&stamp) {
            return Ok(None);
        }
        *read = Some(stamp);
        self.read_open(&file).map(Some)
    }

    /// The identity in it; none if there is no such file.
    ///
    /// # Errors
    /// As [`read_if_new`](Self::read_if_new).
    #[cfg(feature = "cli")]
    pub(crate) fn read(&self) -> Result<Option<Identity>, LoadError> {
        let file = file::open_if_there(&self.path)?;
        file.map(|file| self.read_open(&file)).transpose()
    }

    fn read_open(&self, open: &File) -> Result<Identity, LoadError> {
        let unreadable = |source| LoadError::unreadable(&self.path, source);
        let found = open.metadata().map_err(unreadable)?;
        file::check_owner(&found, &self.path)?;
        if found.permissions().mode() & 0o077 != 0 {
            return Err(LoadError::Exposed { path: self.path.clone() });
        }
        file::check_folder_of(&self.path)?;
        let bytes = zeroize::Zeroizing::new(file::read(open, &self.path, LONGEST)?);
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| LoadError::NotText { path: self.path.clone() })?;
        let why = |source| LoadError::Identity { path: self.path.clone(), source };
        Identity::from_text(text).map_err(why)
    }

    /// Keep an identity where there is none.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub(crate) fn create(&self, identity: &Identity) -> Result<(), LoadError> {
        self.write(identity, There::Kept)
    }

    /// Keep an identity in the place of the one before: all of it, or nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    #[cfg(feature = "cli")]
    pub(crate) fn replace(&self, identity: &Identity) -> Result<(), LoadError> {
        self.write(identity, There::Replaced)
    }

    fn write(&self, identity: &Identity, there: There) -> Result<(), LoadError> {
        let written = file::write_private(&self.path, identity.to_text().as_bytes(), there);
        let failed =
            |source| LoadError::Write { path: self.path.clone(), source: Arc::new(source) };
        written.map_err(failed)
    }
}

impl IdentityStore for IdentityFile {
    fn read_if_new(&self) -> Result<Option<Identity>, String> {
        self.read_if_new().map_err(|why| why.to_string())
    }

    fn create(&self, identity: &Identity) -> Result<(), String> {
        self.create(identity).map_err(|why| why.to_string())
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_secure::Seed;

    fn identity() -> Identity {
        let [key, channels] = [1, 2].map(|byte| Seed::new([byte; 32]));
        Identity::create(key, channels, 1_700_000_000).expect("a time that is long past")
    }

    #[test]
    fn it_is_kept_for_its_user_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = IdentityFile::at(folder.path().join("identity.key"));
        assert!(file.read_if_new().is_ok_and(|none| none.is_none()));
        file.create(&identity()).expect("there is none");
        let mode = std::fs::metadata(file.path()).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let name = |read: Result<Option<Identity>, LoadError>| {
            read.map(|read| read.map(|identity| identity.identifier()))
                .map_err(|why| why.to_string())
        };
        assert_eq!(name(file.read_if_new()), Ok(Some(identity().identifier())));
        assert_eq!(name(file.read_if_new()), Ok(None), "it is known");
        assert!(file.create(&identity()).is_err(), "one is there");
        let new = identity().rotate(Seed::new([3; 32]), Seed::new([4; 32]), 1_700_000_001);
        let new = new.expect("the first time");
        file.replace(&new).expect("it is this user's");
        assert_eq!(name(file.read_if_new()), Ok(Some(identity().identifier())), "a new key");
        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(file.path(), open).expect("it is this user's");
        let why = name(file.read()).unwrap_err();
        assert!(why.contains("chmod 600"), "{why}");
    }

    #[test]
    fn what_is_no_identity_is_told_with_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = IdentityFile::at(folder.path().join("identity.key"));
        std::fs::write(file.path(), "").expect("a file");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600))
            .expect("mine");
        let why = file.read_if_new().map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("identity.key: this is no identity"), "{why}");
        assert!(file.read_if_new().is_ok_and(|none| none.is_none()), "it is told once");
    }
}
