//! The ticker's thread and the turns: while a turn goes on it ticks, however late
//! it was about to park, and it ends when it is told to.

use std::sync::Arc;

use shuttle::thread;

use crate::checks::explore::explore;
use crate::executor::activity::Activity;
use crate::sync::{AtomicBool, Ordering};

/// A turn and a ticker that parks whenever nothing runs.
fn turns_and_ticker(turns: usize) {
    let activity = Arc::new(Activity::new());
    let ticked = Arc::new(AtomicBool::new(false));
    let (ticking, tick) = (activity.clone(), ticked.clone());
    // It ends only by leaving `park`: parked for good it would be a deadlock.
    let ticker = thread::spawn(move || {
        while !ticking.is_over() {
            ticking.park();
            tick.store(true, Ordering::SeqCst);
        }
    });
    activity.set_ticker(ticker.thread().clone());
    let turns: Vec<_> = (0..turns)
        .map(|_| {
            let activity = activity.clone();
            thread::spawn(move || drop(activity.begin()))
        })
        .collect();
    turns.into_iter().for_each(|turn| turn.join().unwrap());
    activity.shut_down();
    ticker.join().unwrap();
    assert!(activity.is_idle() && ticked.load(Ordering::SeqCst));
}
