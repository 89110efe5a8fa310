//! The macros of the crate `skep-worker`, which re-exports them.
//!
//! - [`worker`]: an `impl Worker` becomes the exports of a WebAssembly module.
//! - [`derive_message`]: a type of the user's is a payload.

mod message;
mod worker;

use proc_macro::TokenStream;

/// Makes an `impl Worker for X` the worker of this crate's component.
///
/// For WebAssembly it exports `handler`; `lifecycle` too if the `impl` has
/// `initialize` or `shutdown`; and `state` with one of the arguments below. For
/// any other target it exports nothing, so that plain `cargo test` works. A
/// component has one worker: a crate has one `#[worker]`.
///
/// - `#[worker(state)]`: the whole value outlives its instance, by serde and
///   MessagePack. It needs `Serialize` and `Deserialize`.
/// - `#[worker(state = custom)]`: what outlives it is what the worker's own
///   `impl State` saves.
#[proc_macro_attribute]
pub fn worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    worker::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a type a payload: MessagePack with the names of its fields.
///
/// It needs serde's `Serialize` and `Deserialize`.
#[proc_macro_derive(Message)]
pub fn derive_message(item: TokenStream) -> TokenStream {
    syn::parse(item)
        .map(|item| message::expand(&item))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
