//! Errors as the socket answers them: what, why, and what to do about it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use skep_protocol::{Address, Route};

use crate::control::Complaint;
use crate::node::{Node, StopError};
use crate::router::{RequestError, SendError, State};
use crate::transport::tcp::LinkState;

/// Why a request is not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    complaint: Complaint,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, complaint: Complaint { error: error.into(), hint: None } }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn wrong(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.complaint.hint = Some(hint.into());
        self
    }

    /// There is no worker at this address, or none any more.
    pub(super) fn unknown(node: &Node, address: &Address) -> Self {
        if let Some(known) = node.worker(address) {
            let why = known.ended.map(|why| format!(": {why}")).unwrap_or_default();
            return Self::new(StatusCode::NOT_FOUND, format!("`{address}` does not run{why}"))
                .hint(format!("`skep ps {address}` shows how it was"));
        }
        let error = format!("no worker has the address `{address}`");
        if node.knows(address) && node.leads_beyond(address) {
            return Self::new(StatusCode::NOT_FOUND, error).hint(
                "it is a way to another node: `skep ps --links` and `skep ps --channels` show those",
            );
        }
        Self::new(StatusCode::NOT_FOUND, error).hint(meant(node, address))
    }

    /// A message could not be sent along this route.
    pub(super) fn unsent(node: &Node, route: &Route, why: &SendError) -> Self {
        if let SendError::NoRoute(address) = why {
            return Self::unknown(node, address);
        }
        let refusal = Self::new(status_of(why), why.to_string());
        match why {
            SendError::MailboxFull(address) => refusal.hint(format!(
                "it gets more than it handles: try again; `skep ps {address}` shows what it does, \
                 and its limit (`mailbox-messages`, `mailbox-bytes`)"
            )),
            SendError::Closed => match route.first() {
                Some(stop) => Self::closed(node, stop, refusal),
                None => refusal,
            },
            _ => refusal,
        }
    }

    /// The worker at this address takes no messages.
    fn closed(node: &Node, address: &Address, refusal: Self) -> Self {
        match node.worker(address) {
            Some(worker) if worker.state == State::Parked => {
                let why = worker.last_failure.map(|why| format!(": {why}")).unwrap_or_default();
                Self::new(refusal.status, format!("`{address}` takes no messages{why}"))
                    .hint(format!("`skep reload {address}` begins it anew, once its cause is gone"))
            }
            _ => refusal.hint("`skep ps` shows which worker has stopped or is parked, and why"),
        }
    }

    /// A message was not answered.
    pub(super) fn unanswered(node: &Node, route: &Route, why: &RequestError) -> Self {
        if let RequestError::Send(why) = why {
            return Self::unsent(node, route, why);
        }
        let status = match why {
            RequestError::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self::new(status, format!("`{route}`: {why}")).hint(advice(node, route, why))
    }
}

/// What may help a message along this route.
fn advice(node: &Node, route: &Route, why: &RequestError) -> String {
    // What lies behind the way to another node is that one's.
    let own = route.iter().take_while(|stop| !node.leads_beyond(stop));
    let is_way = |stop: &Address| node.leads_beyond(stop);
    let is_beyond = route.iter().any(is_way);
    let is_unknown = |stop: &&Address| !node.knows(stop);
    // Who was dropped at a worker that has stopped meanwhile is told that already.
    let unknown = match why {
        RequestError::Dropped(_) => None,
        _ => own.into_iter().find(is_unknown),
    };
    match (unknown, why) {
        (Some(stop), _) => format!("no worker has the address `{stop}`: {}", meant(node, stop)),
        (_, RequestError::Timeout) if let Some(why) = closed_link(node, route) => why,
        (_, RequestError::Timeout) if is_beyond => {
            "the other node may have nobody there, or refuse what comes from elsewhere (`access`, \
             `relay`, `trust`) without a word, or its worker may have failed: its log and its \
             `skep dead-letters` say so. `skep explain ROUTE` and `skep ps --channels` show this \
             node's part"
                .into()
        }
        (_, RequestError::Dropped(_)) if route.iter().next_back().is_some_and(is_way) => {
            format!("say who is to get it there: `{route},WORKER`")
        }
        (_, RequestError::Dropped(_)) if is_beyond => {
            "`skep ps --links` and `--channels` show how the ways to others are; what was to leave \
             by one, and has somebody who waits for it, is not kept: send it again once the way is \
             open"
                .into()
        }
        (_, RequestError::Timeout) => {
            "wait longer with `--timeout`, or see with `skep ps` who is busy".into()
        }
        (_, RequestError::Dropped(_)) => {
            "`skep dead-letters` keeps what was given up; where no answer is to come, send with \
             `--no-reply`"
                .into()
        }
        _ => "`skep dead-letters` keeps what was given up, to be looked at or sent again".into(),
    }
}

/// What is to be known of the link that a route leaves by, where that is not open.
fn closed_link(node: &Node, route: &Route) -> Option<String> {
    let first = route.iter().find(|stop| !stop.is_local())?;
    let links = node.tcp().links();
    let link = links.into_iter().find(|link| link.is_opened && link.address == *first)?;
    let why = link.last_failure.filter(|_| link.state != LinkState::Up)?;
    Some(format!("the link to `{first}` is not open, and tried again by itself: {why}"))
}

fn meant(node: &Node, address: &Address) -> String {
    let text = address.to_string();
    let is_port = |(_, port): (&str, &str)| port.parse::<u16>().is_ok();
    if text.rsplit_once(':').is_some_and(is_port) {
        let place = text.rsplit_once('#').map_or(&*text, |(_, place)| place);
        return format!("a route to another node begins with `1#`: `1#{place}`");
    }
    match node.nearest(address) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`skep ps` lists the workers".into(),
    }
}

fn status_of(why: &SendError) -> StatusCode {
    match why {
        SendError::NoRoute(_) => StatusCode::NOT_FOUND,
        SendError::MailboxFull(_) | SendError::Quota(_) => StatusCode::TOO_MANY_REQUESTS,
        SendError::Denied(_) => StatusCode::FORBIDDEN,
        SendError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        SendError::Closed => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.complaint)).into_response()
    }
}

impl Refusal {
    /// A worker was not stopped.
    pub(super) fn unstopped(node: &Node, why: &StopError) -> Self {
        match why {
            StopError::Unknown { worker, .. } => Self::unknown(node, worker),
            StopError::NotRunning { .. } => Self::new(StatusCode::CONFLICT, why.to_string()),
        }
    }
}
