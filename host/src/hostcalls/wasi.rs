//! WASI 0.2 for components that import it, with nothing granted: no files, no
//! network, no environment, no arguments, no input. What they print goes line by
//! line into their worker's log.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::config::Limits;
use crate::hostcalls::Host;
use crate::hostcalls::log::{LogGate, Severity};
use crate::sync::lock;

/// The most bytes of one `get-random-bytes`.
const MOST_RANDOM: u64 = 64 * 1_024;

/// A line that does not end is logged in pieces of this length.
const MOST_LINE: usize = 8 * 1_024;

/// What WASI keeps for one instance.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

/// Link all of WASI 0.2 that a component may import.
///
/// # Errors
/// When one of its interfaces is linked already.
pub(crate) fn add_wasi_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

impl Host {
    /// Have this instance find WASI behind its imports.
    pub(crate) fn provide_wasi(&mut self, limits: &Limits) {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        let context = WasiCtx::builder()
            .max_random_size(MOST_RANDOM.min(limits.random as u64))
            .stdout(Lines::new(self.log.clone(), Severity::Info))
            .stderr(Lines::new(self.log.clone(), Severity::Warn))
            .build();
        self.wasi = Some(Box::new(Wasi { context, table }));
    }

    /// The handles that the instance has.
    pub(crate) fn handles(&mut self) -> usize {
        self.wasi.as_mut().map_or(0, |wasi| wasi.table.iter_mut().count())
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // The linker with WASI serves only components whose instances were given
        // it; one that was not gets an empty context.
        let wasi = self.wasi.get_or_insert_with(|| {
            Box::new(Wasi { context: WasiCtx::builder().build(), table: ResourceTable::new() })
        });
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}

/// Standard output or error: bytes become lines of the log. All streams of one
/// kind share what has no end of line yet.
#[derive(Clone)]
struct Lines(Arc<Mutex<Unended>>);

/// A line that has not ended, and where it will go.
struct Unended {
    log: Arc<LogGate>,
    level: Severity,
    bytes: Vec<u8>,
}

impl Lines {
    fn new(log: Arc<LogGate>, level: Severity) -> Self {
        Self(Arc::new(Mutex::new(Unended { log, level, bytes: Vec::new() })))
    }
}

impl Unended {
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.bytes.extend_from_slice(piece);
            if self.bytes.len() >= MOST_LINE || self.bytes.ends_with(b"\n") {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        self.log.write(self.level, &String::from_utf8_lossy(&self.bytes));
        self.bytes.clear();
    }
}

impl Drop for Unended {
    fn drop(&mut self) {
        self.flush();
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Lines {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        lock(&self.0).take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
