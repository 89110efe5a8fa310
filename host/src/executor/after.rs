//! What is put off to the end of a turn, or of whatever a thread does in one go: all that a
//! turn has for somebody is then done at once.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Once something was put off a second time it waits no longer than this, where the thread
/// comes by again, and then twice as long each time: whoever gets the first piece works on it
/// while the next is made, and a long go is not cut into many.
const PATIENCE: Duration = Duration::from_micros(if cfg!(test) { 100_000 } else { 50 });

/// Something that can be done later, and need be done only once.
pub(crate) trait After: Send + Sync {
    /// Do it.
    fn perform(self: Arc<Self>);
}

struct Waiting {
    what: Arc<dyn After>,
    /// When it was put off a second time: mostly it is not, and to read a clock takes time.
    since: Option<Instant>,
    patience: Duration,
}

thread_local! {
    /// Whether this thread does something in one go.
    static IN_ONE_GO: Cell<bool> = const { Cell::new(false) };
    /// What waits meanwhile.
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
}

/// Do something in one go, and then what was put off meanwhile. Within such a thing, it is
/// the outer one that counts.
pub(crate) fn in_one_go<R>(act: impl FnOnce() -> R) -> R {
    let is_outer = !IN_ONE_GO.replace(true);
    let _end = is_outer.then(|| End);
    act()
}

/// Does what was put off, even after a panic: nobody else would.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        IN_ONE_GO.set(false);
        // Mostly there is nothing, and to take nothing out would cost as much.
        if WAITING.with_borrow(|waiting| !waiting.is_empty()) {
            let mut all = WAITING.take();
            all.drain(..).for_each(|waiting| waiting.what.perform());
            WAITING.set(all);
        }
    }
}

/// Put something off to the end of what this thread does. False if it does nothing in one
/// go, or this has waited long enough: then it is to be done now.
pub(crate) fn put_off<T: After + 'static>(what: &Arc<T>) -> bool {
    if !IN_ONE_GO.get() {
        return false;
    }
    WAITING.with_borrow_mut(|waiting| {
        let known =
            |other: &&mut Waiting| std::ptr::addr_eq(Arc::as_ptr(&other.what), Arc::as_ptr(what));
        if let Some(known) = waiting.iter_mut().find(known) {
            let now = Instant::now();
            let waits = now.duration_since(*known.since.get_or_insert(now)) < known.patience;
            if !waits {
                known.since = Some(now);
                known.patience *= 2;
            }
            return waits;
        }
        waiting.push(Waiting { what: what.clone(), since: None, patience: PATIENCE });
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl After for Count {
        fn perform(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_done_once_at_the_end() {
        let count = Arc::new(Count::default());
        let done = |count: &Arc<Count>| count.0.load(Ordering::Relaxed);
        assert!(!put_off(&count));
        in_one_go(|| {
            assert!(put_off(&count));
            in_one_go(|| _ = put_off(&count));
            assert!(put_off(&count));
            assert_eq!(done(&count), 0);
            std::thread::sleep(PATIENCE);
            assert!(!put_off(&count), "it has waited long enough");
            std::thread::sleep(PATIENCE);
            assert!(put_off(&count), "the next time it waits for longer");
        });
        assert_eq!(done(&count), 1);
        let panicked = std::panic::catch_unwind(|| {
            in_one_go(|| {
                put_off(&count);
                panic!("on purpose");
            })
        });
        assert!(panicked.is_err());
        assert_eq!(done(&count), 2);
        assert!(!put_off(&count));
    }
}
