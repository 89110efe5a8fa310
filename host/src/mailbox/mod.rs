//! Where a worker's messages wait. Knows nothing of what it holds but its weight.

mod bounded;
#[cfg(test)]
mod tests;

pub(crate) use bounded::{Capacity, Full, Mailbox, Weigh};
