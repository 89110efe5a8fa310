//! A mailbox by itself: each item is handled, handed over, given back or evicted,
//! exactly one of these; and nothing stays in use.

use std::pin::pin;
use std::sync::Arc;

use loom::future::block_on;
use loom::thread;

use crate::checks::explore::{ALL, explore};
use crate::mailbox::{Capacity, Mailbox, Weigh};

impl Weigh for usize {
    fn weight(&self) -> usize {
        *self
    }
}

const BOUNDS: Capacity = Capacity { messages: 2, bytes: 10 };

fn mailbox() -> Arc<Mailbox<usize>> {
    Arc::new(Mailbox::new(BOUNDS))
}

fn within_bounds(mailbox: &Mailbox<usize>) {
    let (messages, bytes) = mailbox.usage();
    assert!(messages <= BOUNDS.messages && bytes <= BOUNDS.bytes, "{messages} of {bytes} bytes");
}

/// What came back of the items that were sent: for want of room, or from the push.
fn send(mailbox: &Mailbox<usize>, items: [usize; 2]) -> Vec<usize> {
    items.into_iter().filter_map(|item| send_one(mailbox, item).err()).collect()
}

fn send_one(mailbox: &Mailbox<usize>, item: usize) -> Result<(), usize> {
    mailbox.reserve(item).map_err(|_| item)?;
    within_bounds(mailbox);
    mailbox.push(item)
}

/// Take up to two items, and put the first back once as `retry` does.
fn handle(mailbox: &Mailbox<usize>) -> Vec<usize> {
    let mut gone = Vec::new();
    let Some(first) = mailbox.pop() else { return gone };
    within_bounds(mailbox);
    if let Err(first) = mailbox.push_front(first) {
        gone.push(first);
    }
    for item in [mailbox.pop(), mailbox.pop()].into_iter().flatten() {
        mailbox.release(item);
        gone.push(item);
    }
    gone
}

fn settle(mailbox: &Mailbox<usize>, mut gone: Vec<usize>, sent: &[usize]) {
    gone.sort_unstable();
    assert_eq!(gone, sent, "each item once");
    assert_eq!(mailbox.usage(), (0, 0));
}

#[test]
fn each_item_ends_once_although_the_mailbox_closes() {
    explore("each_item_ends_once_although_the_mailbox_closes", Some(3), || {
        let mailbox = mailbox();
        let (sender, handler) = (mailbox.clone(), mailbox.clone());
        let sender = thread::spawn(move || send(&sender, [1, 2]));
        let handler = thread::spawn(move || handle(&handler));
        let mut gone: Vec<_> = mailbox.close().into();
        gone.extend(sender.join().unwrap());
        gone.extend(handler.join().unwrap());
        settle(&mailbox, gone, &[1, 2]);
        assert!(mailbox.is_empty());
    });
}

#[test]
fn what_is_put_back_ends_once_although_the_mailbox_closes() {
    explore("what_is_put_back_ends_once_although_the_mailbox_closes", ALL, || {
        let mailbox = mailbox();
        assert_eq!(send(&mailbox, [1, 2]), []);
        let retrying = mailbox.clone();
        let retrying =
            thread::spawn(move || retrying.pop().and_then(|item| retrying.push_front(item).err()));
        let mut gone: Vec<_> = mailbox.close().into();
        gone.extend(retrying.join().unwrap());
        settle(&mailbox, gone, &[1, 2]);
    });
}

#[test]
fn two_senders_never_fill_it_beyond_its_bounds() {
    explore("two_senders_never_fill_it_beyond_its_bounds", Some(3), || {
        let mailbox = mailbox();
        let (one, other) = (mailbox.clone(), mailbox.clone());
        let one = thread::spawn(move || send(&one, [3, 4]));
        let other = thread::spawn(move || send(&other, [5, 6]));
        let mut gone = handle(&mailbox);
        gone.extend(one.join().unwrap());
        gone.extend(other.join().unwrap());
        within_bounds(&mailbox);
        gone.extend(mailbox.close());
        settle(&mailbox, gone, &[3, 4, 5, 6]);
    });
}

#[test]
fn what_is_evicted_is_not_handled() {
    explore("what_is_evicted_is_not_handled", Some(3), || {
        let mailbox = mailbox();
        assert_eq!(send(&mailbox, [1, 2]), []);
        let (evicting, handler) = (mailbox.clone(), mailbox.clone());
        let evicting = thread::spawn(move || {
            let mut gone = Vec::new();
            while mailbox_is_full(&evicting) {
                let Some(oldest) = evicting.evict() else { return (gone, false) };
                gone.push(oldest);
            }
            evicting.push(3).unwrap();
            (gone, true)
        });
        let handler = thread::spawn(move || handle(&handler));
        let (mut gone, fits) = evicting.join().unwrap();
        gone.extend(handler.join().unwrap());
        gone.extend(mailbox.close());
        settle(&mailbox, gone, if fits { &[1, 2, 3] } else { &[1, 2] });
    });
}

fn mailbox_is_full(mailbox: &Mailbox<usize>) -> bool {
    mailbox.reserve(3).is_err()
}

/// Wait for room; a wake-up that is lost would be a deadlock here.
fn wait_for_room(mailbox: &Mailbox<usize>, item: usize) {
    block_on(async {
        loop {
            let mut room = pin!(mailbox.room());
            room.as_mut().enable();
            if mailbox.has_room(item) {
                return;
            }
            room.await;
        }
    });
}

#[test]
fn whoever_waits_for_room_is_told() {
    explore("whoever_waits_for_room_is_told", ALL, || {
        let mailbox = mailbox();
        assert_eq!(send(&mailbox, [1, 2]), []);
        let taking = mailbox.clone();
        let taking = thread::spawn(move || [taking.evict(), taking.evict()]);
        wait_for_room(&mailbox, 3);
        assert_eq!(send_one(&mailbox, 3), Ok(()));
        assert_eq!(taking.join().unwrap(), [Some(1), Some(2)]);
        assert_eq!(mailbox.usage(), (1, 3));
    });
}

#[test]
fn two_wait_for_room() {
    explore("two_wait_for_room", Some(3), || {
        let mailbox = mailbox();
        assert_eq!(send(&mailbox, [1, 2]), []);
        let waiting = mailbox.clone();
        let waiting = thread::spawn(move || wait_for_room(&waiting, 3));
        mailbox.evict();
        mailbox.evict();
        wait_for_room(&mailbox, 3);
        waiting.join().unwrap();
    });
}
