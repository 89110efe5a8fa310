//! `skep:worker/mail`: the message after the one in hand, for a worker that goes on to it in
//! the same call.

use wasmtime::component::Linker;
use wasmtime::{Result, StoreContextMut};

use crate::hostcalls::{Host, Usage, prepare};
use crate::router::Message;

/// The mail of a worker, as the call sees it that handles one message after the other.
pub(crate) trait Mail: Send + Sync {
    /// The next message, if the call may go on to it: not where something else comes first, the
    /// turn is over, or its payload is longer than this.
    fn next(&self, longest: usize) -> Option<Box<Message>>;
    /// The one before was handled, and used so much.
    fn handled(&self, used: Usage);
}

/// The bytes of a payload that is copied out of its message: nearly all have no more, and to copy
/// so many takes no longer than to share them. Longer ones are read where they lie, by calls of
/// their own.
pub(crate) const SHORT: usize = 1_024;

/// Link it.
///
/// # Errors
/// When it is linked already.
pub(super) fn add_to_linker(linker: &mut Linker<Host>) -> Result<()> {
    let mut mail = linker.instance("skep:worker/mail@0.1.0")?;
    mail.func_wrap("next", |store, (): ()| Ok((next(store),)))
}

fn next(mut store: StoreContextMut<'_, Host>) -> Option<Vec<u8>> {
    let host = store.data();
    if !host.goes_on || !host.handling.may_go_on() {
        return None;
    }
    let message = host.mail.next(SHORT)?;
    let payload = message.payload.to_vec();
    let used = Usage::of(&mut store);
    let host = store.data_mut();
    host.mail.handled(used);
    host.handling.go_on(message);
    let limits = &host.handling.options().limits;
    let (fuel, deadline) = (limits.fuel, limits.deadline);
    prepare(&mut store, fuel, deadline);
    Some(payload)
}
