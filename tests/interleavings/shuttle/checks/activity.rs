//! The ticker's thread and the turns: while a turn goes on it ticks, however late
//! it was about to park, and it ends when it is told to. Parked for good it would
//! be a deadlock in each of these.

use std::sync::Arc;

use shuttle::thread::{self, JoinHandle};

use crate::checks::explore::{explore, sample};
use crate::executor::activity::Activity;
use crate::sync::Thread;

/// A thread that does what the ticker does.
fn ticker(activity: &Arc<Activity>, tick: fn(&Activity)) -> JoinHandle<()> {
    let (activity, me) = (activity.clone(), Thread::default());
    activity.set_ticker(me.clone());
    thread::spawn(move || {
        me.enter();
        tick(&activity);
    })
}

#[test]
fn a_ticker_that_parks_leaves_no_turn_alone() {
    explore("a_ticker_that_parks_leaves_no_turn_alone", || {
        let activity = Arc::new(Activity::new());
        let ticker = ticker(&activity, Activity::park);
        let turn = activity.begin();
        ticker.join().unwrap();
        drop(turn);
        assert!(activity.is_idle());
    });
}

#[test]
fn nor_one_after_the_other() {
    sample("nor_one_after_the_other", || {
        let activity = Arc::new(Activity::new());
        let ticker = ticker(&activity, |activity| {
            activity.park();
            activity.park();
        });
        drop(activity.begin());
        let turn = activity.begin();
        ticker.join().unwrap();
        drop(turn);
    });
}

#[test]
fn a_stop_ends_a_ticker_that_parks_beside_a_turn() {
    sample("a_stop_ends_a_ticker_that_parks_beside_a_turn", || {
        let activity = Arc::new(Activity::new());
        let ticker = ticker(&activity, Activity::park);
        let turning = activity.clone();
        let turning = thread::spawn(move || drop(turning.begin()));
        activity.shut_down();
        turning.join().unwrap();
        ticker.join().unwrap();
        assert!(activity.is_over());
    });
}
