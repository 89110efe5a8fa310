//! The stacks that calls run on. Those of instances that are gone are kept for the next ones:
//! to map a stack, touch it and give it back takes the system longer than a short handler.
//! An instance keeps its stack for as long as it lives; what that holds of memory goes back to
//! the system when its worker has had nothing to do for a while.
//!
//! What is on a kept stack stays there. No guest can read it, since compiled code writes each
//! slot before it reads it; wasmtime's own pools leave it, too.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::Pin;
use std::ptr::null_mut;
use std::sync::{Arc, Weak};

#[cfg(target_os = "linux")]
use rustix::mm::{Advice, madvise};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use rustix::param::page_size;
use wasmtime::{StackCreator, StackMemory};

use crate::sync::{Mutex, lock};

/// As many are kept: of a stack that was used to its end, 2 MiB of memory stay in use.
const KEPT: usize = 16;

type Kept = Arc<Mutex<Vec<Mapping>>>;

/// Gives out stacks, and takes them back.
#[derive(Default)]
pub(super) struct Stacks(Kept);

#[expect(unsafe_code, reason = "wasmtime takes stacks from nobody else")]
// SAFETY: each stack is a mapping of its own, of whole pages and with a guard page below it, that
// one owner has at a time.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        let kept = lock(&self.0).pop().filter(|kept| kept.holds(size));
        let mapping = Arc::new(kept.map_or_else(|| Mapping::new(size), Ok)?);
        GIVEN.replace(Arc::downgrade(&mapping));
        Ok(Box::new(Stack { mapping: Some(mapping), kept: self.0.clone() }))
    }
}

thread_local! {
    /// The stack that this thread was given last.
    static GIVEN: RefCell<Weak<Mapping>> = const { RefCell::new(Weak::new()) };
}

/// The stack of an instance, which does not keep it.
#[derive(Debug, Default)]
pub(super) struct Lent(Weak<Mapping>);

impl Lent {
    /// Do something with the instance, and see which stack is given out for it: wasmtime asks for
    /// one when it first needs it, and does not say for whom.
    pub(super) async fn during<T>(&mut self, mut act: Pin<&mut impl Future<Output = T>>) -> T {
        if self.0.strong_count() > 0 {
            return act.await;
        }
        poll_fn(|context| {
            GIVEN.take();
            let polled = act.as_mut().poll(context);
            let given = GIVEN.take();
            if given.strong_count() > 0 {
                self.0 = given;
            }
            polled
        })
        .await
    }

    /// Give its memory back to the system.
    ///
    /// # Safety
    /// Nothing may run on it, or be about to: no call of its instance has begun and not ended.
    #[expect(unsafe_code, reason = "what runs on a stack is not known here")]
    pub(super) unsafe fn clear(&self) {
        let Some(mapping) = self.0.upgrade() else { return };
        #[cfg(target_os = "linux")]
        // SAFETY: the pages are of this mapping, which `upgrade` keeps, and nobody needs what is
        // on them. Where the system refuses, they stay as they are.
        let _ = unsafe { mapping.clear() };
        drop(mapping);
    }
}

/// A stack in use.
struct Stack {
    /// None once it is given back.
    mapping: Option<Arc<Mapping>>,
    kept: Kept,
}

impl Stack {
    fn addresses(&self) -> Range<usize> {
        self.mapping.as_ref().map_or(0..0, |mapping| mapping.at..mapping.at + mapping.bytes)
    }
}

#[expect(unsafe_code, reason = "wasmtime takes stacks from nobody else")]
// SAFETY: what it says are the bounds of its mapping, which lives as long as it does.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.addresses().end)
    }

    fn range(&self) -> Range<usize> {
        self.addresses().start + page_size()..self.addresses().end
    }

    fn guard_range(&self) -> Range<*mut u8> {
        let start = self.addresses().start;
        let pointer = std::ptr::with_exposed_provenance_mut;
        pointer(start)..pointer(start + page_size())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut kept = lock(&self.kept);
        if kept.len() < KEPT {
            // Whoever knows the stack as one instance's must not know it as the next one's.
            kept.extend(self.mapping.take().and_then(Arc::into_inner));
        }
    }
}

/// Pages of which the lowest cannot be touched.
#[derive(Debug)]
struct Mapping {
    at: usize,
    bytes: usize,
}

impl Mapping {
    /// Room for a stack of so many bytes, and a page that guards it.
    fn new(size: usize) -> wasmtime::Result<Self> {
        let bytes = Self::bytes_for(size);
        #[expect(unsafe_code, reason = "the standard library maps no memory")]
        // SAFETY: the system chooses where: it replaces no other mapping.
        let start =
            unsafe { mmap_anonymous(null_mut(), bytes, ProtFlags::empty(), MapFlags::PRIVATE)? };
        let mapping = Self { at: start.expose_provenance(), bytes };
        #[expect(unsafe_code, reason = "the standard library maps no memory")]
        // SAFETY: those pages are of the mapping just made, which nobody else knows.
        unsafe {
            let usable = start.byte_add(page_size());
            mprotect(usable, bytes - page_size(), MprotectFlags::READ | MprotectFlags::WRITE)?;
        }
        Ok(mapping)
    }

    /// Have its pages hold nothing, and take no memory.
    #[cfg(target_os = "linux")]
    #[expect(unsafe_code, reason = "the standard library maps no memory")]
    unsafe fn clear(&self) -> rustix::io::Result<()> {
        let start = std::ptr::with_exposed_provenance_mut(self.at + page_size());
        // SAFETY: the pages are this mapping's, and the caller says that nobody needs what they hold.
        unsafe { madvise(start, self.bytes - page_size(), Advice::LinuxDontNeed) }
    }

    fn bytes_for(size: usize) -> usize {
        size.next_multiple_of(page_size()) + page_size()
    }

    fn holds(&self, size: usize) -> bool {
        self.bytes == Self::bytes_for(size)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "the standard library maps no memory")]
        // SAFETY: it is this value's own, and whoever ran on it is gone. What could not be
        // unmapped would stay, and nothing else.
        let _ = unsafe { munmap(std::ptr::with_exposed_provenance_mut(self.at), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_stack_that_is_cleared_holds_nothing_and_can_be_used_again() {
        let stacks = Stacks::default();
        let mut lent = Lent::default();
        let stack =
            lent.during(pin!(async { stacks.new_stack(64 << 10, false) })).await.expect("a stack");
        let _another = lent.during(pin!(async { stacks.new_stack(64 << 10, false) })).await;
        let last = std::ptr::with_exposed_provenance_mut::<u8>(stack.range().end - 1);
        #[expect(unsafe_code, reason = "a stack is memory")]
        // SAFETY: the byte is of the stack, which nothing runs on.
        unsafe {
            last.write(1);
            lent.clear();
            assert_eq!(last.read(), if cfg!(target_os = "linux") { 0 } else { 1 });
            last.write(2);
            drop(stack);
            // It is another's now.
            lent.clear();
            assert_eq!(last.read(), 2);
        }
        assert_eq!(lock(&stacks.0).len(), 1);
    }

    #[test]
    fn a_stack_is_kept_for_the_next() {
        let stacks = Stacks::default();
        let new = |size| stacks.new_stack(size, false).expect("a stack");
        let first = new(64 << 10);
        let at = first.range();
        assert_eq!(at.len(), 64 << 10);
        assert_eq!((first.top().addr(), first.guard_range().end.addr()), (at.end, at.start));
        assert_ne!(new(64 << 10).range(), at);
        drop(first);
        assert_eq!(new(64 << 10).range(), at);
        assert_eq!(new(128 << 10).range().len(), 128 << 10);
    }

    #[test]
    fn no_more_are_kept_than_that() {
        let stacks = Stacks::default();
        let new = |_| stacks.new_stack(4_096, false).expect("a stack");
        let many: Vec<_> = (0..2 * KEPT).map(new).collect();
        drop(many);
        assert_eq!(lock(&stacks.0).len(), KEPT);
    }
}
