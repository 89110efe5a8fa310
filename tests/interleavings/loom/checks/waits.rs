//! Workers that begin to wait for each other at the same instant: one of them, and
//! only one, is told that it would never end.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loom::thread;
use tokio::time::Instant;

use crate::checks::explore::{ALL, explore};
use crate::checks::worker::{Habit, Worker};
use crate::outbox::{Asker, Waiting};
use crate::router::{Pending, Recipient, RequestError, Router, Token};

/// Each of these many asks the next, the last one the first.
fn circle(names: &[&str]) {
    let router = Router::new(skep_protocol::route::MAX_HOPS);
    let workers: Vec<_> =
        names.iter().map(|name| Worker::new(&router, name, Habit::Busy)).collect();
    let deadline = Instant::now() + Duration::from_secs(3_600);
    let pendings: Vec<_> = workers
        .iter()
        .map(|worker| Pending::new(&router, deadline, Some(worker.clone() as Arc<dyn Recipient>)))
        .collect();
    let asking: Vec<_> = (0..names.len())
        .map(|asker| {
            let to = workers[(asker + 1) % names.len()].clone();
            let (worker, pending) = (workers[asker].clone(), pendings[asker].clone());
            thread::spawn(move || ask(worker, &pending, &to))
        })
        .collect();
    asking.into_iter().for_each(|thread| thread.join().unwrap());
    let refused = pendings.iter().filter(|pending| is_refused(pending)).count();
    assert_eq!(refused, 1);
    // What a waiting worker holds is given back, as its wait does in the end.
    for (worker, pending) in workers.into_iter().zip(&pendings) {
        drop(worker.mailbox().close());
        let worker: Arc<dyn Asker> = worker;
        drop(Waiting::begin(&worker, pending));
    }
}

/// As `Handling::wait` does, and then it waits on.
fn ask(worker: Arc<Worker>, pending: &Arc<Pending>, to: &Arc<Worker>) {
    let delivery = to.reserve(b"request", Some(Token::new(pending))).unwrap();
    let asker: Arc<dyn Asker> = worker;
    let waiting = Waiting::begin(&asker, pending);
    delivery.deliver();
    std::mem::forget(waiting);
}

fn is_refused(pending: &Pending) -> bool {
    let outcome = pending.poll(&mut Context::from_waker(Waker::noop()));
    matches!(outcome, Poll::Ready(Err(RequestError::Cycle(_))))
}

#[test]
fn of_two_that_ask_each_other_one_is_refused() {
    explore("of_two_that_ask_each_other_one_is_refused", ALL, || circle(&["a", "b"]));
}

#[test]
fn of_three_that_ask_in_a_circle_one_is_refused() {
    explore("of_three_that_ask_in_a_circle_one_is_refused", Some(2), || circle(&["a", "b", "c"]));
}
