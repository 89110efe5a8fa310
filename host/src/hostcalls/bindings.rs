//! What `bindgen!` makes of `wit/worker.wit`: one set of bindings for all four worlds.

#![allow(missing_docs, unreachable_pub, missing_debug_implementations, reason = "generated code")]
#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "full-worker",
    imports: {
        "skep:worker/node.request": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
