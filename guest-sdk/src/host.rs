//! The node's functions: imported by WebAssembly, or played by
//! [`testing`](crate::testing) on any other target.

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(not(target_family = "wasm"))]
mod played;
#[cfg(target_family = "wasm")]
mod slot;
#[cfg(target_family = "wasm")]
mod wasm;

#[cfg(not(target_family = "wasm"))]
pub(crate) use played::*;
#[cfg(target_family = "wasm")]
pub(crate) use wasm::*;

#[cfg(target_family = "wasm")]
pub use bindings::{exports, wit_bindgen};
#[cfg(target_family = "wasm")]
pub use slot::Slot;
