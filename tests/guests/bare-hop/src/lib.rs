//! Passes every message on along its own way, and nothing else: the benchmarks' hop.
#![allow(missing_docs, reason = "generated code")]

wit_bindgen::generate!({ world: "series-worker", path: "../../../wit" });

#[path = "../../shared/series.rs"]
mod series;

use exports::skep::worker::handler::{Failure, Guest};

struct BareHop;

impl Guest for BareHop {
    #[inline(always)]
    fn handle(_: Vec<u8>) -> Result<(), Failure> {
        skep::worker::message::forward(&[], None).map_err(|_| Failure::Retry("full".into()))
    }
}

export!(BareHop);
