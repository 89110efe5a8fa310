//! A puppet with lifecycle and state: its arguments are a script for each `start`,
//! its configuration has one for `stop` and one for `save`.
#![allow(missing_docs, reason = "generated code")]

wit_bindgen::generate!({
    inline: "
        package skep:keeper;
        world keeper {
            include skep:worker/full-worker@0.1.0;
            include skep:worker/series-worker@0.1.0;
        }
    ",
    path: "../../../wit",
    generate_all,
});

#[path = "../../shared/script.rs"]
mod script;
#[path = "../../shared/series.rs"]
mod series;

use exports::skep::worker::{handler, lifecycle, state};
use skep::worker::node;

struct Keeper;

impl handler::Guest for Keeper {
    fn handle(payload: Vec<u8>) -> Result<(), handler::Failure> {
        script::handle(&payload).map_err(|end| match end {
            script::End::Retry(why) => handler::Failure::Retry(why),
            script::End::Reject(why) => handler::Failure::Reject(why),
        })
    }
}

impl lifecycle::Guest for Keeper {
    fn start(args: Vec<u8>, why: lifecycle::Birth) -> Result<(), String> {
        let birth = match why {
            lifecycle::Birth::First => "first".into(),
            lifecycle::Birth::Restart(how) => format!("restart: {how}"),
            lifecycle::Birth::Reload => "reload".into(),
            lifecycle::Birth::Wake => "wake".into(),
            lifecycle::Birth::Other(other) => format!("other: {other}"),
        };
        script::with(|memory| memory.birth = birth);
        told(script::run(&args))
    }

    fn stop() {
        if let Some(script) = node::config("stop") {
            let _ = script::run(script.as_bytes());
        }
    }
}

/// What state a script has set decides how `save` and `restore` end.
impl state::Guest for Keeper {
    fn save() -> Result<Vec<u8>, String> {
        let state = script::with(|memory| memory.state.clone());
        match state.as_str() {
            "save fails" => Err(state),
            "save traps" => core::arch::wasm32::unreachable(),
            "save sends" => told(script::run(b"send keeper hello")).map(|()| Vec::new()),
            "save is large" => Ok(vec![0; 17 << 20]),
            _ => Ok(state.into_bytes()),
        }
    }

    fn restore(state: Vec<u8>) -> Result<(), String> {
        let state = String::from_utf8(state).map_err(|why| why.to_string())?;
        match state.as_str() {
            "restore fails" => return Err(state),
            "restore traps" => core::arch::wasm32::unreachable(),
            _ => script::with(|memory| memory.state = state),
        }
        Ok(())
    }
}

fn told(end: Result<(), script::End>) -> Result<(), String> {
    end.map_err(|(script::End::Retry(why) | script::End::Reject(why))| why)
}

export!(Keeper);
