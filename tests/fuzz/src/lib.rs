//! Fuzz targets for all that reads bytes from outside.
//!
//! A target is a body that takes any bytes and panics if a property does not hold. The same
//! bodies run as property tests on the stable toolchain (`tests/all.rs`) and under libFuzzer
//! (`libfuzzer/`, `make fuzz`). Bytes for which one has failed are kept in `seeds/`.
//!
//! - [`frame`]: frames between nodes.
//! - [`route`]: the texts of addresses and routes.
//! - [`secure_handshake`]: handshakes of secure channels, and what is shown in them.
//! - [`secure_message`]: what comes through a secure channel that is open.
//! - [`manifest`]: `node.toml` and the manifests of workers.
//! - [`prescan`]: what is looked through before it is compiled.
//! - [`load`]: all that comes before an instance, on real components that were damaged.

pub mod frame;
#[cfg(feature = "node")]
pub mod load;
#[cfg(feature = "node")]
pub mod manifest;
#[cfg(feature = "node")]
mod mutate;
#[cfg(feature = "node")]
pub mod prescan;
pub mod route;
mod secure;
pub mod secure_handshake;
pub mod secure_message;
#[cfg(feature = "node")]
mod smith;
#[cfg(feature = "node")]
mod words;

/// What a target does with bytes.
pub type Body = fn(&[u8]);

/// Every target, by the name of its file, its seeds' folder and its file for libFuzzer.
pub const TARGETS: &[(&str, Body)] = &[
    ("frame", frame::body),
    ("route", route::body),
    ("secure_handshake", secure_handshake::body),
    ("secure_message", secure_message::body),
    #[cfg(feature = "node")]
    ("manifest", manifest::body),
    #[cfg(feature = "node")]
    ("prescan", prescan::body),
    #[cfg(feature = "node")]
    ("load", load::body),
];
