//! The programs that measure: this one for Skep and the floors, and one for each peer. All
//! take the same words and print one line of JSON.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::figures::Figures;

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Skep,
    /// Bare tokio or bare wasmtime, measured by this program.
    Floor,
    Ockam,
    Rusm,
    Extism,
}

impl Side {
    pub(crate) fn program(self) -> Option<&'static str> {
        match self {
            Self::Skep | Self::Floor => None,
            Self::Ockam => Some("peer-ockam"),
            Self::Rusm => Some("peer-rusm"),
            Self::Extism => Some("peer-extism"),
        }
    }
}

/// One run of a program: its measurement and how much of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Probe {
    pub(crate) side: Side,
    /// Its name and its arguments.
    pub(crate) words: &'static str,
    /// The messages of a full run; 0 where that is not what it counts by.
    pub(crate) count: usize,
}

impl Probe {
    /// Whether it takes so long that one round has to do, of a quick run or of any.
    pub(crate) fn is_long(&self, quick: bool) -> bool {
        self.words.starts_with("million") || (quick && self.words.contains("--seconds"))
    }
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Sides {
    own: PathBuf,
    peers: PathBuf,
}

impl Sides {
    /// What there is; says which peers are missing.
    pub(crate) fn find(peers: &Path) -> Result<Self> {
        let sides = Self { own: std::env::current_exe()?, peers: peers.to_owned() };
        for side in [Side::Ockam, Side::Rusm, Side::Extism] {
            if !sides.has(side) {
                let program = side.program().unwrap_or_default();
                eprintln!("bench: no {}: its rows are left out", peers.join(program).display());
            }
        }
        Ok(sides)
    }

    pub(crate) fn has(&self, side: Side) -> bool {
        self.path(side).is_file()
    }

    fn path(&self, side: Side) -> PathBuf {
        side.program().map_or_else(|| self.own.clone(), |program| self.peers.join(program))
    }

    /// Run it once, with a part of its messages.
    ///
    /// # Errors
    /// What it said.
    pub(crate) fn measure(&self, probe: &Probe, part: usize) -> Result<Figures> {
        let mut command = Command::new(self.path(probe.side));
        if probe.side.program().is_none() {
            command.arg("measure");
        }
        command.args(probe.words.split(' '));
        if probe.count > 0 {
            command.args(["--count", &(probe.count / part.max(1)).max(1).to_string()]);
        }
        // Ockam's errors take a backtrace where it is set.
        let output = command.env_remove("RUST_BACKTRACE").stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let failed = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("{:?} `{}`: {}", probe.side, probe.words, failed.trim()).into());
        }
        let line = said.lines().last().ok_or("it printed nothing")?;
        Ok(serde_json::from_str(line)?)
    }
}
