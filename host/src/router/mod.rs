//! Who is where: the address table, delivery into mailboxes, requests that are
//! waited on, and the letters that nobody will read.

mod access;
mod answer;
mod aside;
mod dead_letters;
mod fair;
mod host;
mod lately;
mod message;
mod peer;
mod recipient;
mod stats;
mod status;
mod table;
mod unplaced;
mod waits;

#[cfg(feature = "tcp")]
pub(crate) use access::{Carrier, Unreached};
pub use answer::RequestError;
#[cfg(feature = "tcp")]
pub(crate) use answer::UNANSWERED;
pub(crate) use answer::{Answer, GiveUp, Pending, Token};
pub(crate) use aside::Aside;
pub use dead_letters::DeadLetter;
#[cfg(feature = "tcp")]
pub(crate) use host::Host;
pub(crate) use message::weight;
pub(crate) use message::{Message, Way};
pub use message::{Notice, Origin};
pub use peer::Peer;
#[cfg(feature = "tcp")]
pub(crate) use peer::Proof;
pub use recipient::SendError;
pub(crate) use recipient::{Place, Recipient, Watcher};
pub(crate) use stats::Stats;
pub use status::{LimitUse, State, WorkerStatus};
pub(crate) use table::{Next, Router};
pub(crate) use unplaced::Unplaced;
