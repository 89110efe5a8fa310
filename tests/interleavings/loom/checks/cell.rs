//! Mailbox and schedule together, as a cell has them: what is sent is handled or
//! becomes a dead letter, exactly one of the two, in the order of each sender.

use std::sync::Arc;

use bytes::Bytes;
use loom::thread;

use crate::checks::explore::explore;
use crate::checks::worker::{Delivery, Habit, Worker};
use crate::router::Router;

fn worker(habit: Habit) -> Arc<Worker> {
    Worker::new(&Router::new(skep_protocol::route::MAX_HOPS), "receiver", habit)
}

/// Deliver all, as a commit does; what was reserved always leaves.
fn commit(deliveries: Vec<Delivery>) {
    deliveries.into_iter().for_each(Delivery::deliver);
}

fn reserve(worker: &Arc<Worker>, payloads: [&'static [u8]; 2]) -> Vec<Delivery> {
    payloads.map(|payload| worker.reserve(payload, None).unwrap()).into()
}

/// Each of the payloads once; and per sender, which is its first letter, in order
/// as far as they were handled. Dead letters have no order among themselves: those
/// that the stop found are buried by one thread, those that came after by another.
fn all_of(handled: &[Bytes], dead: &[Bytes], sent: &[&str]) {
    let mut all: Vec<_> = handled.iter().chain(dead).collect();
    all.sort();
    assert_eq!(all, sent, "each message once");
    for sender in [b'a', b'b'] {
        let from = |payload: &&Bytes| payload[0] == sender;
        assert!(handled.iter().filter(from).is_sorted(), "{handled:?}");
        let last = handled.iter().rfind(from);
        let first = dead.iter().filter(from).min();
        if let (Some(last), Some(first)) = (last, first) {
            assert!(last < first, "{first:?} died before {last:?} was handled");
        }
    }
}

#[test]
fn two_senders_and_no_mail_is_left() {
    explore("two_senders_and_no_mail_is_left", Some(2), || {
        let worker = worker(Habit::Handles);
        let one = reserve(&worker, [b"a1", b"a2"]);
        let other = reserve(&worker, [b"b1", b"b2"]);
        let one = thread::spawn(move || commit(one));
        commit(other);
        one.join().unwrap();
        let (handled, dead) = worker.outcome();
        all_of(&handled, &dead, &["a1", "a2", "b1", "b2"]);
        assert!(dead.is_empty());
    });
}

#[test]
fn a_commit_against_a_stop() {
    explore("a_commit_against_a_stop", Some(3), || {
        let worker = worker(Habit::Handles);
        let commits = reserve(&worker, [b"a1", b"a2"]);
        let stopping = worker.clone();
        let stopping = thread::spawn(move || stopping.stop());
        commit(commits);
        stopping.join().unwrap();
        assert!(worker.is_finished());
        let (handled, dead) = worker.outcome();
        all_of(&handled, &dead, &["a1", "a2"]);
    });
}

#[test]
fn two_commits_against_a_stop() {
    explore("two_commits_against_a_stop", Some(2), || {
        let worker = worker(Habit::Handles);
        let one = reserve(&worker, [b"a1", b"a2"]);
        let other = vec![worker.reserve(b"b1", None).unwrap()];
        let one = thread::spawn(move || commit(one));
        let other = thread::spawn(move || commit(other));
        worker.stop();
        one.join().unwrap();
        other.join().unwrap();
        assert!(worker.is_finished());
        let (handled, dead) = worker.outcome();
        all_of(&handled, &dead, &["a1", "a2", "b1"]);
    });
}

#[test]
fn a_suspended_worker_handles_its_mail_once_it_is_woken() {
    explore("a_suspended_worker_handles_its_mail_once_it_is_woken", Some(2), || {
        let worker = worker(Habit::Suspends);
        let commits = reserve(&worker, [b"a1", b"a2"]);
        let waking = worker.clone();
        let waking = thread::spawn(move || waking.wake());
        commit(commits);
        waking.join().unwrap();
        let (handled, dead) = worker.outcome();
        assert_eq!((handled, dead), (vec!["a1".into(), "a2".into()], Vec::new()));
    });
}

#[test]
fn a_suspended_worker_is_stopped() {
    explore("a_suspended_worker_is_stopped", Some(2), || {
        let worker = worker(Habit::Suspends);
        let commits = reserve(&worker, [b"a1", b"a2"]);
        let (waking, stopping) = (worker.clone(), worker.clone());
        let waking = thread::spawn(move || waking.wake());
        let stopping = thread::spawn(move || stopping.stop());
        commit(commits);
        waking.join().unwrap();
        stopping.join().unwrap();
        assert!(worker.is_finished());
        let (handled, dead) = worker.outcome();
        all_of(&handled, &dead, &["a1", "a2"]);
    });
}

#[test]
fn the_oldest_makes_room_and_is_not_lost() {
    explore("the_oldest_makes_room_and_is_not_lost", Some(2), || {
        let worker = worker(Habit::DropsOldest);
        let sender = worker.clone();
        let sender = thread::spawn(move || sent(&sender, b"a1") + sent(&sender, b"a2"));
        let count = sent(&worker, b"b1");
        let count = count + sender.join().unwrap();
        let (handled, dead) = worker.outcome();
        assert_eq!(handled.len() + dead.len(), count);
    });
}

/// Whether it found room.
fn sent(worker: &Arc<Worker>, payload: &'static [u8]) -> usize {
    worker.reserve(payload, None).map(Delivery::deliver).map_or(0, |()| 1)
}
