//! Does what the script in a message says, be it hostile (see `../shared/script.rs`).
#![allow(missing_docs, reason = "generated code")]

wit_bindgen::generate!({ world: "series-worker", path: "../../../wit" });

#[path = "../../shared/script.rs"]
mod script;
#[path = "../../shared/series.rs"]
mod series;

use exports::skep::worker::handler::{Failure, Guest};

struct Puppet;

impl Guest for Puppet {
    fn handle(payload: Vec<u8>) -> Result<(), Failure> {
        script::handle(&payload).map_err(|end| match end {
            script::End::Retry(why) => Failure::Retry(why),
            script::End::Reject(why) => Failure::Reject(why),
        })
    }
}

export!(Puppet);
