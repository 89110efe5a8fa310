//! What `bindgen!` makes of `wit/worker.wit`: one set of bindings for all its worlds.

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
    inline: "
        package skep:host;
        world host {
            include skep:worker/full-worker@0.1.0;
            include skep:worker/series-worker@0.1.0;
        }
    ",
    imports: {
        "skep:worker/node.request": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
