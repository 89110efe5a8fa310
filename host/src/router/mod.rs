//! Who is where: the address table, delivery into mailboxes, requests that are
//! waited on, and the letters that nobody will read.

mod answer;
mod dead_letters;
mod message;
mod recipient;
mod status;
mod table;
mod waits;

pub(crate) use answer::{Answer, Pending, Token};
pub use answer::RequestError;
pub use dead_letters::DeadLetter;
pub(crate) use message::{Message, Way};
pub use message::{Notice, Origin};
pub(crate) use message::weight;
pub(crate) use recipient::{Place, Recipient, Watcher};
pub use recipient::SendError;
pub use status::{State, WorkerStatus};
pub(crate) use status::Stats;
pub(crate) use table::{Next, Router};
