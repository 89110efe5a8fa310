//! All interleavings of what the executor's threads do when they park. The files
//! of the host are taken as they are; only `crate::sync` is not theirs, but made
//! of shuttle's types. Its memory is sequentially consistent, as all that is
//! checked here asks for.

#![allow(dead_code, reason = "the host makes more of its files than is checked here")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of this is tests")]

mod checks;
mod executor;
mod sync;
