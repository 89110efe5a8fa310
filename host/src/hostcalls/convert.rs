//! Between the node's own types and those of the WIT.

use skep_protocol::{Address, Route};

use crate::hostcalls::Host;
use crate::hostcalls::bindings::skep::worker::types as wit;
use crate::outbox::StartError;
use crate::router::{Notice, Origin, RequestError, SendError};

impl wit::Host for Host {}

/// A route as the guest wrote it.
pub(super) fn route(stops: &[String]) -> Result<Route, wit::SendError> {
    if stops.len() > skep_protocol::route::MAX_HOPS {
        return Err(to_wit(SendError::RouteTooLong(stops.len())));
    }
    stops.iter().map(|stop| address(stop)).collect()
}

/// An address as the guest wrote it.
pub(super) fn address(text: &str) -> Result<Address, wit::SendError> {
    text.parse().map_err(|why| wit::SendError::Other(format!("`{text}`: {why}")))
}

/// The bytes of a route as the guest wrote it.
pub(super) fn addresses(stops: &[String]) -> usize {
    stops.iter().map(|stop| stop.len() + size_of::<String>()).sum()
}

/// A route as the guest reads it.
pub(super) fn texts(route: &Route) -> Vec<String> {
    route.iter().map(ToString::to_string).collect()
}

pub(super) fn to_wit(error: SendError) -> wit::SendError {
    match error {
        SendError::NoRoute(address) => wit::SendError::NoRoute(address.to_string()),
        SendError::MailboxFull(address) => wit::SendError::MailboxFull(address.to_string()),
        SendError::Denied(why) => wit::SendError::Denied(why),
        SendError::TooLarge(most) => {
            wit::SendError::TooLarge(u32::try_from(most).unwrap_or(u32::MAX))
        }
        SendError::Quota(what) => wit::SendError::Quota(what),
        SendError::HopLimit => wit::SendError::HopLimit,
        SendError::Closed => wit::SendError::Closed,
        SendError::EmptyRoute | SendError::RouteTooLong(_) | SendError::Encode(_) => {
            wit::SendError::Other(error.to_string())
        }
    }
}

pub(super) fn request_to_wit(error: RequestError) -> wit::RequestError {
    match error {
        RequestError::Send(error) => wit::RequestError::Send(to_wit(error)),
        RequestError::Timeout => wit::RequestError::Timeout,
        RequestError::Failed(why) => wit::RequestError::Failed(why),
        RequestError::Rejected(why) => wit::RequestError::Rejected(why),
        RequestError::Dropped(why) => wit::RequestError::Dropped(why),
        RequestError::Cycle(circle) => wit::RequestError::Cycle(circle),
        RequestError::Unreadable(why) => wit::RequestError::Other(why),
    }
}

pub(super) fn start_to_wit(error: StartError) -> wit::StartError {
    match error {
        StartError::UnknownComponent(name) => wit::StartError::UnknownComponent(name),
        StartError::AddressTaken(address) => wit::StartError::AddressTaken(address.to_string()),
        StartError::Denied(why) => wit::StartError::Denied(why),
        StartError::Quota(what) => wit::StartError::Quota(what),
        StartError::Invalid(why) => wit::StartError::Invalid(why),
        StartError::Component(_) | StartError::Failed(_) | StartError::Closed => {
            wit::StartError::Other(error.to_string())
        }
    }
}

impl From<&Origin> for wit::Origin {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Worker(address) => Self::Worker(address.to_string()),
            Origin::Peer(peer) => match peer.identity() {
                Some(identity) => Self::Identity(identity.to_string()),
                None => Self::Peer(peer.address().to_string()),
            },
            Origin::Node(Notice::Timer(number)) => Self::Node(wit::Notice::Timer(*number)),
            Origin::Node(Notice::Stopped(address, why)) => {
                Self::Node(wit::Notice::Stopped((address.to_string(), why.clone())))
            }
        }
    }
}
