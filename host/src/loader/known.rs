//! The histories of identities that were seen before, one file each: so that a key that was
//! rotated away stays away after a restart, too.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use skep_secure::identity::{History, MAX_HISTORY};
use skep_secure::known::{KnownError, admit};
use skep_secure::{Identifier, KnownHistories};

use super::file::{self, There};
use crate::sync::{Mutex, lock};

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
}

impl KnownHistories for FileHistories {
    fn lookup(&self, identity: &Identifier) -> Result<Option<History>, KnownError> {
        let path = self.path(identity);
        let failed = |why: &dyn std::fmt::Display| KnownError::Storage(why.to_string());
        let Some(open) = file::open_if_there(&path).map_err(|why| failed(&why))? else {
            return Ok(None);
        };
        let bytes = file::read(&open, &path, MAX_HISTORY as u64).map_err(|why| failed(&why))?;
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
        let failed = |why| KnownError::Storage(format!("{}: {why}", self.folder.display()));
        let kept = match *count {
            Some(kept) => kept,
            None => made_and_counted(&self.folder).map_err(failed)?,
        };
        if known.is_none() && kept >= MOST {
            return Err(KnownError::Full);
        }
        let path = self.path(&identity);
        file::write_private(&path, history.bytes(), There::Replaced).map_err(failed)?;
        *count = Some(kept + usize::from(known.is_none()));
        Ok(())
    }
}

/// Makes the folder where it is not there yet, and counts what is in it.
fn made_and_counted(folder: &Path) -> std::io::Result<usize> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(why) if why.kind() != ErrorKind::AlreadyExists => return Err(why),
        _ => {}
    }
    Ok(fs::read_dir(folder)?.take(MOST).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_secure::{Identity, Seed};

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
