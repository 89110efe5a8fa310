//! What a thread that polls tasks keeps to itself: one slot for the task that
//! its last turn woke.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use crate::executor::Task;

thread_local! {
    static LOCAL: Local = const {
        Local {
            executor: Cell::new(0),
            lane: Cell::new(None),
            slot: RefCell::new(None),
            helped: Cell::new((0, Duration::ZERO)),
        }
    };
}

/// One thread's part in an executor.
pub(crate) struct Local {
    /// The executor that this thread works for just now; 0 for none.
    executor: Cell<u64>,
    /// The lane whose thread this is; none if it helps.
    lane: Cell<Option<usize>>,
    /// Last in, first out: the receiver of a message that was just sent.
    slot: RefCell<Option<Arc<dyn Task>>>,
    /// For how long it has helped, and in which tick.
    helped: Cell<(u64, Duration)>,
}

/// While this lives, the thread works for an executor.
pub(crate) struct Scope(());

impl Drop for Scope {
    fn drop(&mut self) {
        let _ = LOCAL.try_with(|local| local.executor.set(0));
    }
}

impl Local {
    /// Begin to work for an executor; none if the thread already works for one.
    pub(crate) fn enter(executor: u64) -> Option<Scope> {
        LOCAL.with(|local| {
            (local.executor.get() == 0).then(|| {
                local.executor.set(executor);
                Scope(())
            })
        })
    }

    /// The same, for a thread of a lane.
    pub(crate) fn enter_lane(executor: u64, lane: usize) -> Option<Scope> {
        LOCAL.with(|local| local.lane.set(Some(lane)));
        Self::enter(executor)
    }

    /// Keep a task of this lane for this thread's next turn. Gives back what finds no
    /// place: the task itself where the thread does not work for its executor, or for
    /// another lane, else the task that was in the slot.
    ///
    /// A thread of another lane must not take it: in a later one, somebody who uses
    /// little would be behind those who use much, and in an earlier one it is the other
    /// way round. A thread that helps spends its own time.
    pub(crate) fn keep(executor: u64, lane: usize, task: Arc<dyn Task>) -> Option<Arc<dyn Task>> {
        LOCAL.with(|local| {
            let works = local.executor.get() == executor;
            if works && local.lane.get().is_none_or(|own| own == lane) {
                local.slot.borrow_mut().replace(task)
            } else {
                Some(task)
            }
        })
    }

    /// For how long this thread has helped in this tick.
    pub(crate) fn helped(tick: u64) -> Duration {
        let (of, helped) = LOCAL.with(|local| local.helped.get());
        if of == tick { helped } else { Duration::ZERO }
    }

    /// So long it has.
    pub(crate) fn has_helped(tick: u64, helped: Duration) {
        LOCAL.with(|local| local.helped.set((tick, helped)));
    }

    /// The task in the slot.
    pub(crate) fn take() -> Option<Arc<dyn Task>> {
        LOCAL.with(|local| local.slot.borrow_mut().take())
    }
}
