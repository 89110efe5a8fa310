//! The node's functions, in the SDK's own types.

use std::time::Duration;

use super::bindings::imports::skep::worker::{mail, message, node, types};
use crate::{
    Address, Birth, Level, Notice, Origin, RequestError, Route, SendError, StartError, TimerId,
};

pub(crate) fn recipient() -> Address {
    message::recipient().into()
}

pub(crate) fn onward_route() -> Route {
    message::onward_route().into_iter().collect()
}

pub(crate) fn return_route() -> Route {
    message::return_route().into_iter().collect()
}

pub(crate) fn sender() -> Origin {
    match message::sender() {
        types::Origin::Worker(address) => Origin::Worker(address.into()),
        types::Origin::Node(notice) => Origin::Node(notice.into()),
        types::Origin::Peer(address) => Origin::Peer(address.into()),
        types::Origin::Identity(identity) => Origin::Identity(identity),
        types::Origin::Other(text) => Origin::Other(text),
    }
}

pub(crate) fn attempt() -> u32 {
    message::attempt()
}

pub(crate) fn awaited() -> Option<Duration> {
    message::awaited().map(|milliseconds| Duration::from_millis(milliseconds.into()))
}

pub(crate) fn reply(payload: &[u8]) -> Result<(), SendError> {
    Ok(message::reply(payload)?)
}

pub(crate) fn forward(via: &Route, payload: Option<&[u8]>) -> Result<(), SendError> {
    Ok(message::forward(&stops(via), payload)?)
}

/// The message in hand is handled: the payload of the next, where there is one to go on to.
pub(crate) fn next() -> Option<Vec<u8>> {
    mail::next()
}

pub(crate) fn own_address() -> Address {
    node::own_address().into()
}

pub(crate) fn send(to: &Route, payload: &[u8]) -> Result<(), SendError> {
    Ok(node::send(&stops(to), payload)?)
}

pub(crate) fn request(to: &Route, payload: &[u8], timeout: u32) -> Result<Vec<u8>, RequestError> {
    Ok(node::request(&stops(to), payload, timeout)?)
}

pub(crate) fn send_after(delay: u32, to: &Route, payload: &[u8]) -> Result<TimerId, SendError> {
    Ok(TimerId(node::send_after(delay, &stops(to), payload)?))
}

pub(crate) fn cancel(timer: TimerId) {
    node::cancel(timer.0);
}

pub(crate) fn start_worker(
    component: &str,
    name: Option<&str>,
    args: &[u8],
) -> Result<Address, StartError> {
    Ok(node::start_worker(component, name, args)?.into())
}

pub(crate) fn stop_worker(address: &Address) -> Result<(), SendError> {
    Ok(node::stop_worker(&address.to_string())?)
}

pub(crate) fn monitor(address: &Address, payload: &[u8]) -> Result<(), SendError> {
    Ok(node::monitor(&address.to_string(), payload)?)
}

pub(crate) fn demonitor(address: &Address) {
    node::demonitor(&address.to_string());
}

pub(crate) fn stop_node() -> Result<(), SendError> {
    Ok(node::stop_node()?)
}

pub(crate) fn config(key: &str) -> Option<String> {
    node::config(key)
}

pub(crate) fn now() -> u64 {
    node::now()
}

pub(crate) fn random_bytes(count: u32) -> Vec<u8> {
    node::random_bytes(count)
}

pub(crate) fn log(level: Level, text: &str) {
    let level = match level {
        Level::Trace => node::Level::Trace,
        Level::Debug => node::Level::Debug,
        Level::Info => node::Level::Info,
        Level::Warn => node::Level::Warn,
        Level::Error => node::Level::Error,
        Level::Critical => node::Level::Critical,
    };
    node::log(level, text);
}

/// A route as the node takes it: the stops in text.
fn stops(route: &Route) -> Vec<String> {
    route.iter().map(ToString::to_string).collect()
}

impl From<types::Notice> for Notice {
    fn from(notice: types::Notice) -> Self {
        match notice {
            types::Notice::Timer(timer) => Self::Timer(TimerId(timer)),
            types::Notice::Stopped((address, why)) => Self::Stopped(address.into(), why),
            types::Notice::Other(text) => Self::Other(text),
        }
    }
}

impl From<types::Birth> for Birth {
    fn from(birth: types::Birth) -> Self {
        match birth {
            types::Birth::First => Self::First,
            types::Birth::Restart(how) => Self::Restart(how),
            types::Birth::Reload => Self::Reload,
            types::Birth::Wake => Self::Wake,
            types::Birth::Other(text) => Self::Other(text),
        }
    }
}

impl From<types::SendError> for SendError {
    fn from(why: types::SendError) -> Self {
        match why {
            types::SendError::NoRoute(stop) => Self::NoRoute(stop.into()),
            types::SendError::MailboxFull(stop) => Self::MailboxFull(stop.into()),
            types::SendError::Denied(what) => Self::Denied(what),
            types::SendError::TooLarge(most) => Self::TooLarge(most),
            types::SendError::Quota(limit) => Self::Quota(limit),
            types::SendError::HopLimit => Self::HopLimit,
            types::SendError::Closed => Self::Closed,
            types::SendError::Other(text) => Self::Other(text),
        }
    }
}

impl From<types::RequestError> for RequestError {
    fn from(why: types::RequestError) -> Self {
        match why {
            types::RequestError::Send(why) => Self::Send(why.into()),
            types::RequestError::Timeout => Self::Timeout,
            types::RequestError::Failed(how) => Self::Failed(how),
            types::RequestError::Rejected(why) => Self::Rejected(why),
            types::RequestError::Dropped(why) => Self::Dropped(why),
            types::RequestError::Cycle(circle) => Self::Cycle(circle),
            types::RequestError::Other(text) => Self::Other(text),
        }
    }
}

impl From<types::StartError> for StartError {
    fn from(why: types::StartError) -> Self {
        match why {
            types::StartError::UnknownComponent(name) => Self::UnknownComponent(name),
            types::StartError::AddressTaken(address) => Self::AddressTaken(address.into()),
            types::StartError::Denied(what) => Self::Denied(what),
            types::StartError::Quota(limit) => Self::Quota(limit),
            types::StartError::Invalid(what) => Self::Invalid(what),
            types::StartError::Other(text) => Self::Other(text),
        }
    }
}
