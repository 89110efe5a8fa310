//! What is told while a node starts the workers of its directory.

use std::fmt;
use std::sync::Arc;

/// A step in the start of the workers that lie in a node's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Starting<'a> {
    /// So many are to be started.
    Found(usize),
    /// This one is read, compiled and started now.
    Begins(&'a str),
    /// It has started.
    Done(&'a str),
    /// It begins once those run that it needs; the text names them.
    Waits(&'a str, &'a str),
    /// It does not start; the text names the file and says why.
    Failed(&'a str, &'a str),
}

type Told = dyn Fn(Starting<'_>) + Send + Sync;

/// Whoever wants to be told.
#[derive(Clone, Default)]
pub(super) struct Audience(Option<Arc<Told>>);

impl Audience {
    pub(super) fn of(told: impl Fn(Starting<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    pub(super) fn tell(&self, what: Starting<'_>) {
        if let Some(told) = &self.0 {
            told(what);
        }
    }
}

impl fmt::Debug for Audience {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Audience").field("told", &self.0.is_some()).finish()
    }
}
