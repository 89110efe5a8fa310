//! What wit-bindgen makes of the worker's interface.
//!
//! The imports once, and each export by itself, so that a component declares only
//! those that its worker has: the sections that describe them are put together
//! when the module becomes a component.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "the code that wit-bindgen generates"
)]

pub use wit_bindgen;

/// What the node offers.
pub(super) mod imports {
    wit_bindgen::generate!({
        inline: "
            package skep:sdk-imports;
            world imports {
                import skep:worker/message@0.1.0;
                import skep:worker/node@0.1.0;
                import skep:worker/mail@0.1.0;
            }
        ",
        path: "../wit",
        generate_all,
    });
}

/// What a worker may export, by interface, and the macros that export it.
pub mod exports {
    pub use handler_root::export_handler;
    pub use handler_root::exports::skep::worker::handler;
    pub use lifecycle_root::export_lifecycle;
    pub use lifecycle_root::exports::skep::worker::lifecycle;
    pub use series_root::export_series;
    pub use series_root::exports::skep::worker::series;
    pub use state_root::export_state;
    pub use state_root::exports::skep::worker::state;

    pub mod handler_root {
        wit_bindgen::generate!({
            inline: "
                package skep:sdk-handler;
                world handler { export skep:worker/handler@0.1.0; }
            ",
            path: "../wit",
            with: {
                "skep:worker/types@0.1.0": crate::host::bindings::imports::skep::worker::types,
                "skep:worker/handler@0.1.0": generate,
            },
            pub_export_macro: true,
            export_macro_name: "export_handler",
            runtime_path: "::skep_worker::__private::wit_bindgen::rt",
        });
    }

    pub mod series_root {
        wit_bindgen::generate!({
            inline: "
                package skep:sdk-series;
                world series { export skep:worker/series@0.1.0; }
            ",
            path: "../wit",
            with: {
                "skep:worker/types@0.1.0": crate::host::bindings::imports::skep::worker::types,
                "skep:worker/series@0.1.0": generate,
            },
            pub_export_macro: true,
            export_macro_name: "export_series",
            runtime_path: "::skep_worker::__private::wit_bindgen::rt",
        });
    }

    pub mod lifecycle_root {
        wit_bindgen::generate!({
            inline: "
                package skep:sdk-lifecycle;
                world lifecycle { export skep:worker/lifecycle@0.1.0; }
            ",
            path: "../wit",
            with: {
                "skep:worker/types@0.1.0": crate::host::bindings::imports::skep::worker::types,
                "skep:worker/lifecycle@0.1.0": generate,
            },
            pub_export_macro: true,
            export_macro_name: "export_lifecycle",
            runtime_path: "::skep_worker::__private::wit_bindgen::rt",
        });
    }

    pub mod state_root {
        wit_bindgen::generate!({
            inline: "
                package skep:sdk-state;
                world state { export skep:worker/state@0.1.0; }
            ",
            path: "../wit",
            with: { "skep:worker/state@0.1.0": generate },
            pub_export_macro: true,
            export_macro_name: "export_state",
            runtime_path: "::skep_worker::__private::wit_bindgen::rt",
        });
    }
}
