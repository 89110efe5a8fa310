//! The histories of identities that were seen before, one file each: so that a key that was
//! rotated away stays away after a restart, too.
//!
//! They are no secrets, but whoever could write or delete one could bring a rotated key back: so
//! they are not believed where others than the node's user may.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skep_secure::identity::{History, MAX_HISTORY};
use skep_secure::known::{KnownError, admit};
use skep_secure::{Identifier, KnownHistories};

use super::LoadError;
use super::file::{self, There};
use crate::sync::{Mutex, lock};
use crate::transport::secure::HistoryStore;

/// Histories that are kept: only those of identities that were rotated, and were let in.
const MOST: usize = 10_000;

/// Known histories in a folder, by their identifiers.
#[derive(Debug)]
pub(crate) struct FileHistories {
    folder: PathBuf,
    /// How many there are, once that was counted. Held while one is written.
    count: Mutex<Option<usize>>,
}

impl FileHistories {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder, count: Mutex::new(None) }
    }

    fn path(&self, identity: &Identifier) -> PathBuf {
        self.folder.join(identity.to_string())
    }

    /// Whether nobody else can write into the folder, where it is there already.
    fn check_folder(&self) -> Result<(), LoadError> {
        let unreadable = |source| LoadError::unreadable(&self.folder, source);
        match fs::metadata(&self.folder) {
            Ok(found) if !found.is_dir() => {
                Err(LoadError::NotADirectory { path: self.folder.clone() })
            }
            Ok(found) => {
                own(&found, &self.folder, "700")?;
                file::check_folder_of(&self.folder)
            }
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
            Err(why) => Err(unreadable(why)),
        }
    }

    /// The bytes of a history; none if there is no such file.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, LoadError> {
        self.check_folder()?;
        let Some(open) = file::open_if_there(path)? else { return Ok(None) };
        let found = open.metadata().map_err(|source| LoadError::unreadable(path, source))?;
        own(&found, path, "600")?;
        file::read(&open, path, MAX_HISTORY as u64).map(Some)
    }

    /// Makes the folder where it is not there yet, and counts what is in it.
    fn made_and_counted(&self) -> Result<usize, LoadError> {
        let failed = |source: std::io::Error| LoadError::Directory {
            path: self.folder.clone(),
            source: Arc::new(source),
        };
        match DirBuilder::new().mode(0o700).create(&self.folder) {
            Err(why) if why.kind() != ErrorKind::AlreadyExists => return Err(failed(why)),
            _ => self.check_folder()?,
        }
        Ok(fs::read_dir(&self.folder).map_err(failed)?.take(MOST).count())
    }
}

/// Whether only its user can write what has this metadata.
fn own(found: &fs::Metadata, path: &Path, mode: &'static str) -> Result<(), LoadError> {
    file::check_owner(found, path)?;
    match found.permissions().mode() & 0o022 {
        0 => Ok(()),
        _ => Err(LoadError::Writable { path: path.into(), mode }),
    }
}

impl HistoryStore for FileHistories {
    fn check(&self) -> Result<(), String> {
        self.check_folder().map_err(|why| why.to_string())
    }
}

impl KnownHistories for FileHistories {
    fn lookup(&self, identity: &Identifier) -> Result<Option<History>, KnownError> {
        let path = self.path(identity);
        let failed = |why: &dyn std::fmt::Display| KnownError::Storage(why.to_string());
        let Some(bytes) = self.read(&path).map_err(|why| failed(&why))? else { return Ok(None) };
        let history = History::verify(&bytes);
        let history = history.map_err(|why| failed(&format!("{}: {why}", path.display())))?;
        match history.identifier() == *identity {
            true => Ok(Some(history)),
            false => Err(failed(&format!("{}: is another's history", path.display()))),
        }
    }

    fn store(&self, history: &History) -> Result<(), KnownError> {
        let count = &mut *lock(&self.count);
        let identity = history.identifier();
        let known = self.lookup(&identity)?;
        if !admit(history, known.as_ref())? {
            return Ok(());
        }
        let kept = match *count {
            Some(kept) => kept,
            None => self.made_and_counted().map_err(|why| KnownError::Storage(why.to_string()))?,
        };
        if known.is_none() && kept >= MOST {
            return Err(KnownError::Full);
        }
        let path = self.path(&identity);
        let failed = |why| KnownError::Storage(format!("{}: {why}", self.folder.display()));
        file::write_private(&path, history.bytes(), There::Replaced).map_err(failed)?;
        *count = Some(kept + usize::from(known.is_none()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_secure::{Identity, Seed};

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is this user's");
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn what_others_may_write_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let known = FileHistories::in_folder(folder.path().join("known"));
        let [key, channels, next, more] = [1, 2, 3, 4].map(|byte| Seed::new([byte; 32]));
        let old = Identity::create(key, channels, 1_700_000_000).expect("long past");
        let new = old.rotate(next, more, 1_700_000_001).expect("the first time");
        assert_eq!(known.check(), Ok(()), "there is none");
        known.store(new.history()).expect("nothing contradicts it");
        let (folder, file) = (&known.folder, known.path(&old.identifier()));
        assert_eq!((mode(folder), mode(&file)), (0o700, 0o600));
        let is_refused = |words: &str| match known.lookup(&old.identifier()) {
            Err(KnownError::Storage(why)) => assert!(why.contains(words), "{why}"),
            other => panic!("{other:?}"),
        };
        for open in [0o620, 0o602, 0o666] {
            set_mode(&file, open);
            is_refused("`chmod 600` it");
            assert!(known.store(new.history()).is_err());
        }
        set_mode(&file, 0o600);
        // Only root can give a file away.
        if std::os::unix::fs::chown(&file, Some(12_345), None).is_ok() {
            is_refused("belongs to another user (uid 12345)");
            std::os::unix::fs::chown(&file, Some(0), None).expect("it could before");
        }
        set_mode(&file, 0o644);
        assert_eq!(known.lookup(&old.identifier()), Ok(Some(new.history().clone())));
        for open in [0o770, 0o707, 0o777] {
            set_mode(folder, open);
            is_refused("`chmod 700` it");
            assert!(known.check().expect_err("open").contains("known: can be written by others"));
        }
        set_mode(folder, 0o755);
        assert_eq!(known.check(), Ok(()), "they are no secrets");
        let above = folder.parent().expect("it is in one");
        set_mode(above, 0o777);
        is_refused("`chmod o-w` it");
        set_mode(above, 0o1777);
        assert_eq!(known.check(), Ok(()), "nobody else can take it away");
    }

    #[test]
    fn they_are_still_known_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let known = || FileHistories::in_folder(folder.path().join("known"));
        let [key, channels, next, more] = [1, 2, 3, 4].map(|byte| Seed::new([byte; 32]));
        let old = Identity::create(key, channels, 1_700_000_000).expect("long past");
        let new = old.rotate(next, more, 1_700_000_001).expect("the first time");
        let identity = old.identifier();
        assert_eq!(known().lookup(&identity), Ok(None));
        known().store(old.history()).expect("nothing contradicts it");
        assert_eq!(known().lookup(&identity), Ok(None), "a first change need not be kept");
        known().store(new.history()).expect("it is newer");
        assert_eq!(known().lookup(&identity), Ok(Some(new.history().clone())));
        assert_eq!(known().store(old.history()), Err(KnownError::Rollback));
        fs::write(folder.path().join("known").join(identity.to_string()), "x").expect("mine");
        assert!(matches!(known().lookup(&identity), Err(KnownError::Storage(_))));
    }
}
