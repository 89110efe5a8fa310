//! A worker that goes on to its next message in the same call.

use std::cell::Cell;

use crate::exports::skep::worker::handler::{Failure, Guest as Handler};
use crate::exports::skep::worker::series::Guest;
use crate::skep::worker::mail;

thread_local! {
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

/// Which message of its call the one in hand is, counted from 1; 0 if it has the call for itself.
#[allow(dead_code, reason = "not every guest tells")]
pub fn number() -> u32 {
    NUMBER.get()
}

impl<T: Handler> Guest for T {
    fn handle_series(mut payload: Vec<u8>) -> Result<(), Failure> {
        NUMBER.set(1);
        let ended = loop {
            if let Err(failure) = T::handle(payload) {
                break Err(failure);
            }
            match mail::next() {
                Some(next) => payload = next,
                None => break Ok(()),
            }
            NUMBER.set(NUMBER.get() + 1);
        };
        NUMBER.set(0);
        ended
    }
}
