//! The mailbox in one thread; `tests/interleavings` has it in several.

use super::bounded::{Capacity, Full, Mailbox, Weigh};

impl Weigh for usize {
    fn weight(&self) -> usize {
        *self
    }
}

fn mailbox(messages: usize, bytes: usize) -> Mailbox<usize> {
    Mailbox::new(Capacity { messages, bytes })
}

fn send(mailbox: &Mailbox<usize>, item: usize) -> Result<(), Full> {
    mailbox.reserve(item)?;
    mailbox.push(item).map_err(|_| Full::Messages)
}

#[test]
fn bounded_by_count_and_by_bytes() {
    let few = mailbox(2, 1_000);
    assert_eq!(
        (send(&few, 1), send(&few, 1), send(&few, 1)),
        (Ok(()), Ok(()), Err(Full::Messages))
    );
    let small = mailbox(1_000, 10);
    assert_eq!(
        (send(&small, 6), send(&small, 5), send(&small, 4)),
        (Ok(()), Err(Full::Bytes), Ok(()))
    );
    assert_eq!(send(&small, usize::MAX), Err(Full::Bytes));
    assert_eq!(small.usage(), (2, 10));
}

#[test]
fn a_popped_item_keeps_its_place_until_it_is_settled() {
    let mailbox = mailbox(1, 10);
    send(&mailbox, 3).unwrap();
    let item = mailbox.pop().unwrap();
    assert_eq!(mailbox.reserve(1), Err(Full::Messages));
    mailbox.push_front(item).unwrap();
    assert_eq!(mailbox.evict(), Some(3));
    assert_eq!(mailbox.usage(), (0, 0));
}

#[test]
fn closing_hands_over_what_is_queued_and_refuses_the_rest() {
    let mailbox = mailbox(3, 10);
    send(&mailbox, 1).unwrap();
    mailbox.reserve(2).unwrap();
    assert_eq!(mailbox.close(), [1]);
    assert_eq!(mailbox.push(2), Err(2));
    assert_eq!(mailbox.usage(), (0, 0));
}
