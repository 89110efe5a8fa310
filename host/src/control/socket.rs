//! Where the socket is: in the directory's `run/`, or, where that path is too long for a
//! socket, in a private folder of the system's, whose place is then written into `run/`.

mod elsewhere;

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use crate::loader::Directory;

/// The longest path of a socket, in bytes: systems take 103 to 107.
const LONGEST: usize = 100;
/// Says where the socket is, when it is not beside this file.
const ELSEWHERE: &str = "control.path";
const NAME: &str = "control.sock";

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The node has no directory, so that no client would find it.
    #[error("a node without a directory has no control socket")]
    NoDirectory,
    /// The socket cannot be made.
    #[error("{}: the control socket cannot be made: {source}", path.display())]
    Io {
        /// Where it would be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A socket's place; it goes with this value.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) socket: PathBuf,
    /// The folder made for it alone, and the file that says so.
    elsewhere: Option<(PathBuf, PathBuf)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed is replaced by the next node.
        let _ = fs::remove_file(&self.socket);
        if let Some((folder, note)) = &self.elsewhere {
            let _ = fs::remove_dir(folder);
            let _ = fs::remove_file(note);
        }
    }
}

/// Listen for the node that runs on `root`. Its lock is held: whatever socket there is
/// belongs to a node that is dead.
pub(super) fn listen(root: &Path) -> Result<(UnixListener, Place), BindError> {
    let run = run_of(root);
    let place = place(&run).map_err(|source| BindError::Io { path: run, source })?;
    let failed = |source| BindError::Io { path: place.socket.clone(), source };
    let listener = UnixListener::bind(&place.socket).map_err(failed)?;
    // The folder keeps others out already; some systems ask the socket, too.
    fs::set_permissions(&place.socket, Permissions::from_mode(0o600)).map_err(failed)?;
    Ok((listener, place))
}

/// Where the node that runs on `root` listens.
pub(super) fn find(root: &Path) -> PathBuf {
    let run = run_of(root);
    elsewhere::noted(&run.join(ELSEWHERE)).unwrap_or_else(|| run.join(NAME))
}

/// Whether a node runs on `root`: its lock is held, if not yet or no longer its socket.
pub(super) fn is_locked(root: &Path) -> bool {
    let file = File::open(run_of(root).join("lock"));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// What the node that runs on `root` has written into its lock: its process number.
pub(super) fn holder(root: &Path) -> Option<String> {
    fs::read_to_string(run_of(root).join("lock")).ok()
}

/// Both ends have to mean the same path, whatever folder they are in.
fn run_of(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.into());
    Directory::at(&root).run()
}

fn place(run: &Path) -> io::Result<Place> {
    let (socket, note) = (run.join(NAME), run.join(ELSEWHERE));
    if let Some(left) = elsewhere::noted(&note) {
        elsewhere::clear(&left);
    }
    absent(&note)?;
    absent(&socket)?;
    if socket.as_os_str().len() <= LONGEST {
        return Ok(Place { socket, elsewhere: None });
    }
    let folder = elsewhere::private_folder()?;
    let socket = folder.join(elsewhere::NAME);
    let place = Place { socket, elsewhere: Some((folder, note)) };
    place.note()?;
    Ok(place)
}

impl Place {
    fn note(&self) -> io::Result<()> {
        let Some((_, note)) = &self.elsewhere else { return Ok(()) };
        let path = self.socket.to_str().ok_or(ErrorKind::InvalidFilename)?;
        fs::write(note, format!("{path}\n"))
    }
}

fn absent(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[tokio::test]
    async fn a_long_path_is_moved_and_found() {
        let home = TempDir::new().unwrap();
        for root in [home.path().join("hive"), home.path().join("h".repeat(120))] {
            fs::create_dir_all(root.join("run")).unwrap();
            // What a dead node has left is replaced.
            fs::write(root.join("run").join(NAME), "").unwrap();
            fs::write(root.join("run").join(ELSEWHERE), "/nowhere\n").unwrap();
            let (listener, place) = listen(&root).unwrap();
            assert!(place.socket.as_os_str().len() <= LONGEST);
            assert_eq!(find(&root), place.socket);
            std::os::unix::net::UnixStream::connect(&place.socket).unwrap();
            let mode = fs::metadata(&place.socket).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
            let folder = place.elsewhere.clone();
            drop((listener, place));
            assert!(!find(&root).exists() && folder.is_none_or(|(folder, _)| !folder.exists()));
        }
    }
}
