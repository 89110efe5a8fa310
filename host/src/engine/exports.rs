//! What an instance exports: found by the indices that its code has.

use wasmtime::component::Instance;
use wasmtime::{Result, Store};

use crate::engine::Code;
use crate::hostcalls::Host;
use crate::hostcalls::bindings::exports::skep::worker::{handler, lifecycle, series, state};

/// The functions of one instance.
pub(super) struct Exports {
    pub(super) handler: handler::Guest,
    pub(super) series: Option<series::Guest>,
    pub(super) lifecycle: Option<lifecycle::Guest>,
    pub(super) state: Option<state::Guest>,
}

impl Exports {
    /// Those of an instance of this code.
    ///
    /// # Errors
    /// When it is of another.
    pub(super) fn load(store: &mut Store<Host>, code: &Code, of: &Instance) -> Result<Self> {
        let handler = code.handler.load(&mut *store, of)?;
        let series = code.series.as_ref().map(|found| found.load(&mut *store, of));
        let lifecycle = code.lifecycle.as_ref().map(|found| found.load(&mut *store, of));
        let state = code.state.as_ref().map(|found| found.load(&mut *store, of));
        Ok(Self {
            handler,
            series: series.transpose()?,
            lifecycle: lifecycle.transpose()?,
            state: state.transpose()?,
        })
    }
}
