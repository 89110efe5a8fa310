//! Messages for links that come while a batch is handled leave together at its end.

use std::cell::RefCell;
use std::sync::Arc;

use crate::transport::tcp::link::Link;

thread_local! {
    /// The links that have something to send, while this thread handles a batch.
    static CORKED: RefCell<Option<Vec<Arc<Link>>>> = const { RefCell::new(None) };
}

/// Handle a batch. What this thread gives to links meanwhile is written afterwards.
pub(super) fn corked<R>(batch: impl FnOnce() -> R) -> R {
    let _open = Open;
    CORKED.with_borrow_mut(|corked| _ = corked.get_or_insert_default());
    batch()
}

/// Opens the cork, even after a panic: messages would stay where they are.
struct Open;

impl Drop for Open {
    fn drop(&mut self) {
        let corked = CORKED.with_borrow_mut(Option::take);
        corked.into_iter().flatten().for_each(|link| link.flush());
    }
}

/// Have a link wait for the end of the batch; false if this thread handles none.
pub(super) fn keep(link: &Arc<Link>) -> bool {
    CORKED.with_borrow_mut(|corked| {
        let Some(links) = corked else { return false };
        if !links.iter().any(|other| Arc::ptr_eq(other, link)) {
            links.push(link.clone());
        }
        true
    })
}
