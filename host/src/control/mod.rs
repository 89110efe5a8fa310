//! The running node's control socket: what the command `skep` talks to. Part of the
//! command, not of the interface for embedding programs.
//!
//! HTTP and JSON over a Unix socket in the directory's `run/`, for the user who runs the
//! node alone, so that this works too:
//!
//! ```sh
//! curl --unix-socket hive/run/control.sock http://skep/ps
//! curl --unix-socket hive/run/control.sock http://skep/send -d '{"route":"echoer","payload":"Hello Skep!"}'
//! ```
//!
//! | request | answer |
//! |---|---|
//! | `GET /node` | [`NodeInfo`] |
//! | `GET /ps` | an array of [`WorkerInfo`], by address |
//! | `GET /ps` with `?limit=N`, `?after=ADDRESS` | the first of them after that address; none follow an empty array |
//! | `GET /ps` with `?brief=true` | the same without `limits` |
//! | `GET /ps/{address}` | [`WorkerInfo`], with `last_failure` |
//! | `GET /events`, with `?recent=N`, `?worker=ADDRESS` | [`EventInfo`], one a line, until the node has stopped |
//! | `GET /links` | an array of [`LinkInfo`] |
//! | `GET /channels` | an array of [`ChannelInfo`] |
//! | `POST /explain` with [`Question`] | an array of [`StopInfo`] |
//! | `POST /send` with [`SendOrder`] | [`Reply`]; with `count`, [`Measured`] |
//! | `GET /dead-letters` | an array of [`Letter`], without payloads |
//! | `GET /dead-letters/{number}` | [`Letter`] |
//! | `DELETE /dead-letters`, `DELETE /dead-letters/{number}` | [`Dropped`] |
//! | `POST /dead-letters/{number}/redeliver` | [`Redelivered`] |
//! | `POST /stop`, with [`StopOrder`] or nothing | [`Stopping`] at once; with `wait`, [`Ended`] when it has stopped |
//! | `POST /stop/{address}` | [`Stopped`] once it has |
//! | `POST /reload/{name}` | [`Reloaded`]: the worker is as its files ask |
//! | `POST /reload` | an array of [`Reloaded`], those that failed with `error` |
//! | `POST /rollback/{address}` | [`Reloaded`]: the generation before has taken over |
//!
//! Whatever is refused is answered with a fitting status and [`Complaint`]. A payload is a
//! string where it is UTF-8 text, else `{"hex": "00ff"}`.
//!
//! - `server`: accepts, checks who it is, answers.
//! - `door`, `guest`, `places`: how many there may be, how long they may take, and how many
//!   may be kept waiting.
//! - `routes`: which function answers what.
//! - `workers`, `send`, `letters`, `stop`, `reload`: the answers.
//! - `events`: what happens, as long as the client listens; `flow`: answers made piece by piece.
//! - `ending`: how the node's end is asked for and told.
//! - `measure`, `histogram`: many messages, and how long they took.
//! - `mail`: what workers send to `app` is shown in the log.
//! - `refusal`: errors, with what to do about them.
//! - `shapes`: all that is written as JSON.
//! - `socket`: where the socket is, for both ends.
//! - `client`: the other end; `exchange` is one request of it, `feed` one that does
//!   not end, `pages` many of them.
//! - `time`: how times are written.
//! - `words`: what strangers wrote, made safe for a terminal.

mod channels;
mod client;
mod door;
mod ending;
mod events;
mod exchange;
mod explain;
mod feed;
mod flow;
mod guest;
mod histogram;
mod letters;
mod links;
mod mail;
mod measure;
mod pages;
mod payload;
mod places;
mod refusal;
mod reload;
mod routes;
mod send;
mod server;
mod shapes;
mod socket;
mod stop;
pub mod time;
mod words;
mod workers;

/// The most workers that are told at a time.
pub(crate) const PAGE: usize = 1_000;

pub use channels::ChannelInfo;
pub use client::{Client, ClientError};
pub use explain::{Question, StopInfo};
pub use feed::Feed;
pub use links::LinkInfo;
pub use pages::Pages;
pub use payload::Payload;
pub use server::Server;
pub use shapes::{
    Complaint, Dropped, EventInfo, Letter, LimitInfo, MailboxInfo, Measured, NodeInfo, Redelivered,
    Reloaded, Reply, SendOrder, Stopped, Stopping, WorkerInfo,
};
pub use socket::BindError;
pub use stop::{Ended, StopOrder};
pub use words::{printable, printable_json};
