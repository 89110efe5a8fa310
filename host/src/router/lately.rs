//! Whom this thread has found lately. Most of what it sends goes to the same few, and to look
//! into the table costs it a hash and two exchanges more than to look here.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use skep_protocol::Address;

use crate::router::recipient::Recipient;

/// So many names are known to a thread: for two that talk, and those between them.
const NAMES: usize = 4;

/// Which names a table has: a number that no table has had before.
pub(super) struct Edition(AtomicU64);

impl Edition {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(next()))
    }

    /// A name has come or gone: what was found before counts no longer.
    pub(super) fn changed(&self) {
        self.0.store(next(), Ordering::Release);
    }

    /// The one that a table has now: to be read before the table is.
    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A name that was looked for.
struct Known {
    edition: u64,
    name: Address,
    /// Known from the second time on: to note someone costs two exchanges, and pays for whom
    /// messages go to one after the other. Weak: nobody lives on because he was found.
    recipient: Option<Weak<dyn Recipient>>,
}

impl Known {
    fn is(&self, edition: u64, name: &Address) -> bool {
        self.edition == edition && self.name == *name
    }
}

struct Lately {
    known: [Option<Known>; NAMES],
    /// Where the next name is noted.
    next: usize,
}

thread_local! {
    static LATELY: RefCell<Lately> =
        const { RefCell::new(Lately { known: [const { None }; NAMES], next: 0 }) };
}

/// Who has a name in this edition: by what is known here, or by `look`ing into the table.
pub(super) fn find(
    edition: u64,
    name: &Address,
    look: impl FnOnce() -> Option<Arc<dyn Recipient>>,
) -> Option<Arc<dyn Recipient>> {
    // A thread that ends has none any more.
    let known = LATELY.try_with(|lately| lately.borrow().get(edition, name));
    if let Ok(Some(found)) = known {
        return Some(found);
    }
    let found = look()?;
    let _ = LATELY.try_with(|lately| lately.borrow_mut().note(edition, name, &found));
    Some(found)
}

impl Lately {
    fn get(&self, edition: u64, name: &Address) -> Option<Arc<dyn Recipient>> {
        let known = self.known.iter().flatten().find(|known| known.is(edition, name))?;
        known.recipient.as_ref().and_then(Weak::upgrade)
    }

    fn note(&mut self, edition: u64, name: &Address, found: &Arc<dyn Recipient>) {
        let mut known = self.known.iter_mut().flatten();
        if let Some(known) = known.find(|known| known.is(edition, name)) {
            known.recipient = Some(Arc::downgrade(found));
            return;
        }
        if let Some(place) = self.known.get_mut(self.next) {
            *place = Some(Known { edition, name: name.clone(), recipient: None });
        }
        self.next = (self.next + 1) % NAMES;
    }
}
