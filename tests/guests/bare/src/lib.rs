//! Sends every message back, and nothing else: the benchmarks' echoer, without the
//! SDK and without a log line.
#![allow(missing_docs, reason = "generated code")]

wit_bindgen::generate!({ world: "series-worker", path: "../../../wit" });

#[path = "../../shared/series.rs"]
mod series;

use exports::skep::worker::handler::{Failure, Guest};

struct Bare;

impl Guest for Bare {
    #[inline(always)]
    fn handle(payload: Vec<u8>) -> Result<(), Failure> {
        skep::worker::message::reply(&payload).map_err(|_| Failure::Retry("full".into()))
    }
}

export!(Bare);
