//! A component that was admitted, compiled and linked: all that an instance needs.

use std::sync::Arc;

use wasmtime::component::{InstancePre, Linker};

use crate::config::Limits;
use crate::engine::admission::{AdmissionError, Admitted, Scan};
use crate::engine::typed;
use crate::hostcalls::Host;
use crate::hostcalls::bindings::exports::skep::worker::{handler, lifecycle, series, state};

/// A component, ready to be instantiated. Export indices are looked up once.
pub(crate) struct Code {
    pub(super) pre: InstancePre<Host>,
    pub(super) handler: handler::GuestIndices,
    pub(super) series: Option<series::GuestIndices>,
    pub(super) lifecycle: Option<lifecycle::GuestIndices>,
    pub(super) state: Option<state::GuestIndices>,
    pub(super) wasi: bool,
    digest: blake3::Hash,
    scan: Scan,
    language: Option<String>,
}

impl Code {
    pub(super) fn link(
        linker: &Linker<Host>,
        admitted: Admitted,
    ) -> Result<Arc<Self>, AdmissionError> {
        let pre = linker.instantiate_pre(&admitted.component).map_err(AdmissionError::link)?;
        let handler = handler::GuestIndices::new(&pre).map_err(AdmissionError::link)?;
        let exports =
            |name: &str| admitted.scan.exports.iter().any(|export| export.starts_with(name));
        // A component that exports such an interface, but not as it should be, is
        // refused rather than run without it.
        let lifecycle = exports("skep:worker/lifecycle@")
            .then(|| lifecycle::GuestIndices::new(&pre).map_err(AdmissionError::link))
            .transpose()?;
        let state = exports("skep:worker/state@")
            .then(|| state::GuestIndices::new(&pre).map_err(AdmissionError::link))
            .transpose()?;
        let series = exports("skep:worker/series@")
            .then(|| series::GuestIndices::new(&pre).map_err(AdmissionError::link))
            .transpose()?;
        typed::check(linker.engine(), &pre)?;
        let wasi = admitted.scan.needs_wasi;
        let Admitted { digest, scan, language, .. } = admitted;
        Ok(Arc::new(Self { pre, handler, series, lifecycle, state, wasi, digest, scan, language }))
    }

    /// Whether its instances have something to do before their first message.
    pub(crate) fn has_lifecycle(&self) -> bool {
        self.lifecycle.is_some()
    }

    /// Whether its state outlives an instance.
    pub(crate) fn has_state(&self) -> bool {
        self.state.is_some()
    }

    /// Check that an instance may begin within these limits.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), AdmissionError> {
        self.scan.check(limits)
    }

    /// What it was written in, where it says so.
    pub(crate) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// The BLAKE3 hash of the file.
    pub(crate) fn digest(&self) -> blake3::Hash {
        self.digest
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Code").field("digest", &self.digest).finish_non_exhaustive()
    }
}
