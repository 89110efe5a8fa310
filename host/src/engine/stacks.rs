//! The stacks that calls run on. Those of instances that are gone are kept for the next ones:
//! to map a stack, touch it and give it back takes the system longer than a short handler.
//!
//! What is on a kept stack stays there. No guest can read it, since compiled code writes each
//! slot before it reads it; wasmtime's own pools leave it, too.

use std::ops::Range;
use std::ptr::null_mut;
use std::sync::Arc;

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
        let mapping = kept.map_or_else(|| Mapping::new(size), Ok)?;
        Ok(Box::new(Stack { mapping: Some(mapping), kept: self.0.clone() }))
    }
}

/// A stack in use.
struct Stack {
    /// None once it is given back.
    mapping: Option<Mapping>,
    kept: Kept,
}

impl Stack {
    fn addresses(&self) -> Range<usize> {
        self.mapping.as_ref().map_or(0..0, |Mapping { at, bytes }| *at..at + bytes)
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
            kept.extend(self.mapping.take());
        }
    }
}

/// Pages of which the lowest cannot be touched.
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
    use super::*;

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
