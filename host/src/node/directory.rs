//! The workers of the node's directory: brought in line with their files when the node
//! starts, when these change, and when somebody asks for it.

use std::path::PathBuf;
use std::sync::Arc;

use skep_protocol::Address;
use tokio::task::JoinSet;

use crate::config::WorkerOptions;
use crate::events::What;
use crate::loader::{self, Found, LoadError};
use crate::node::files::Hindrance;
use crate::node::needs::circle_words;
use crate::node::registry::Registry;
use crate::node::starting::{Audience, Starting};
use crate::node::{NodeError, ReloadError};
use crate::outbox::StartError;
use crate::router::{Recipient, State};
use crate::worker::Cell;

/// Files that are read, checked, compiled and started at a time: a few more than compilers
/// have places for, since most come from the cache, and each is in memory meanwhile.
pub(super) const AT_A_TIME: u32 = 8;

/// What a worker's files ask for.
pub(super) struct Wish {
    pub(super) name: String,
    /// The name of its component, and the file.
    pub(super) component: String,
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) options: WorkerOptions,
}

/// What came of bringing a worker in line with its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Brought {
    /// It did not run, and has started.
    Started,
    /// Its next generation, of this number, has taken over.
    Reloaded(u32),
    /// It is what its files say already, in the generation of this number.
    Same(u32),
}

impl Registry {
    /// Start what lies in the directory's `workers/`.
    pub(super) async fn start_directory(
        self: &Arc<Self>,
        audience: &Audience,
    ) -> Result<(), NodeError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let all = loader::scan(&directory.workers(), &self.settings.now())?;
        audience.tell(Starting::Found(all.len()));
        // Before any of them runs: no worker may take the name of one that comes later.
        for found in &all {
            self.files.claim(&found.name, found.component(), found.options.as_ref().ok());
        }
        let mut starting = JoinSet::new();
        for found in all {
            if starting.len() >= AT_A_TIME as usize {
                starting.join_next().await;
            }
            let (this, audience) = (self.clone(), audience.clone());
            starting.spawn(async move { this.start_and_tell(found, &audience).await });
        }
        while starting.join_next().await.is_some() {}
        self.start_waiting_at_first(audience).await;
        Ok(())
    }

    /// Start one file's worker, and say what came of it.
    async fn start_and_tell(self: Arc<Self>, found: Found, audience: &Audience) {
        let name = found.name.clone();
        audience.tell(Starting::Begins(&name));
        match self.bring_found(found).await {
            Ok(_) => audience.tell(Starting::Done(&name)),
            // It is told later.
            Err(_) if self.files.is_waiting(&name) => {}
            Err(why) => audience.tell(Starting::Failed(&name, &why)),
        }
    }

    /// Bring one worker in line with its files as they are now.
    ///
    /// # Errors
    /// Why not, in words that name the file.
    pub(super) async fn bring_by_name(self: &Arc<Self>, name: &str) -> Result<Brought, String> {
        let folder = self.directory.as_ref().map(|directory| directory.workers());
        let folder = folder.ok_or_else(|| "the node has no directory".to_owned())?;
        let (this, wanted) = (self.clone(), name.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let directory = this.directory.as_ref().ok_or("the node has no directory")?;
            let config = this.refresh(directory)?;
            let all = loader::scan(&folder, &config).map_err(|why| why.to_string())?;
            let found = all.into_iter().find(|found| found.name == wanted);
            found.ok_or_else(|| format!("{} has no files for `{wanted}`", folder.display()))
        });
        let found = found.await.map_err(|why| why.to_string())??;
        self.files.claim(&found.name, found.component(), found.options.as_ref().ok());
        self.bring_found(found).await
    }

    async fn bring_found(self: &Arc<Self>, found: Found) -> Result<Brought, String> {
        let most = self.engine.component();
        let name = found.name.clone();
        let read = tokio::task::spawn_blocking(move || {
            let bytes = found.read(most);
            let (component, Found { name, path, options, .. }) = (found.component(), found);
            // What is wrong with its settings also says why there is nothing to read.
            let options = options?;
            Ok(Wish { name, component, path, bytes: bytes?, options })
        });
        let read: Result<_, LoadError> = match read.await {
            Ok(read) => read,
            Err(why) => return Err(self.failed(&name, why.to_string())),
        };
        match read {
            Ok(wish) => self.bring(wish).await,
            Err(why) => Err(self.failed(&name, why.to_string())),
        }
    }

    /// Bring a worker in line with what its files ask for.
    pub(super) async fn bring(self: &Arc<Self>, wish: Wish) -> Result<Brought, String> {
        let turn = self.files.turn(&wish.name);
        let _turn = turn.lock().await;
        let (name, file) = (wish.name.clone(), wish.path.display().to_string());
        let address = Address::local(name.as_bytes());
        let brought = match self.files.running(&address) {
            Some(cell) => match self.files.circle(&name, &wish.options.needs) {
                Some(circle) => Err(Refused::circle(format!("{file}: {}", circle_words(&circle)))),
                None => self.renew(&cell, wish).await.map_err(|why| Refused::reload(&file, why)),
            },
            None if !self.lacking(&wish.options).is_empty() => {
                return Err(self.waits(&name, self.lacking(&wish.options)));
            }
            None => self.begin(wish).await.map_err(|why| Refused::start(&file, why)),
        };
        match brought {
            Ok(brought) => {
                self.files.accepted(&address);
                Ok(brought)
            }
            Err(Refused { why, by, parked }) => {
                let why = self.failed(&name, why);
                if let Some(by) = by {
                    self.files.hinder(&address, by);
                }
                if parked {
                    self.files.park(&address);
                }
                Err(why)
            }
        }
    }

    async fn begin(self: &Arc<Self>, wish: Wish) -> Result<Brought, StartError> {
        let Wish { name, component, bytes, options, .. } = wish;
        let cell = self.start_component(&name, &component, bytes, options).await?;
        self.files.started(&cell);
        self.started_one(Recipient::address(&*cell));
        Ok(Brought::Started)
    }

    async fn renew(self: &Arc<Self>, cell: &Arc<Cell>, wish: Wish) -> Result<Brought, ReloadError> {
        let current = cell.generation();
        let same = current.is_of(&blake3::hash(&wish.bytes), &wish.options);
        if same && cell.state() != State::Parked {
            cell.forget_given_up();
            return Ok(Brought::Same(current.number));
        }
        let number =
            self.reload(cell, wish.component.as_str().into(), wish.bytes, wish.options).await?;
        self.keep_component(&wish.component, cell);
        Ok(Brought::Reloaded(number))
    }

    /// A worker is not as its files ask; a new reason is logged.
    pub(super) fn failed(&self, name: &str, why: String) -> String {
        if self.files.failed(name, &why) {
            let worker = Address::local(name.as_bytes());
            let runs = self.files.running(&worker).map(|cell| cell.generation().number);
            self.core.events.worker(&worker, runs, What::Refused { reason: why.clone() });
        }
        why
    }
}

/// Why a worker is not as its files ask, in words that name the file.
struct Refused {
    why: String,
    /// What stands in the way, if that is nothing in its own files.
    by: Option<Hindrance>,
    /// Whether it was tried, and failed too often.
    parked: bool,
}

impl Refused {
    fn of_files(why: String) -> Self {
        Self { why, by: None, parked: false }
    }

    fn circle(why: String) -> Self {
        Self { by: Some(Hindrance::Circle), ..Self::of_files(why) }
    }

    fn start(file: &str, why: StartError) -> Self {
        match why {
            StartError::Component(why) => Self::of_files(format!("{file} {why}")),
            StartError::AddressTaken(address) => Self::taken(file, address),
            StartError::Failed(_) => {
                Self { parked: true, ..Self::of_files(format!("{file}: {why}")) }
            }
            why => Self::of_files(format!("{file}: {why}")),
        }
    }

    fn reload(file: &str, why: ReloadError) -> Self {
        match why {
            ReloadError::Component(why) => Self::of_files(format!("{file} {why}")),
            ReloadError::AddressTaken(address) => Self::taken(file, address),
            why => Self::of_files(format!("{file}: {why}")),
        }
    }

    fn taken(file: &str, address: Address) -> Self {
        let why = StartError::AddressTaken(address.clone());
        Self { by: Some(Hindrance::Taken(address)), ..Self::of_files(format!("{file}: {why}")) }
    }
}
