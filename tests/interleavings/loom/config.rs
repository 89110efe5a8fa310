//! What the router takes from the host's settings.

#[path = "../../../host/src/config/limit.rs"]
mod limit;
#[path = "../../../host/src/config/limits.rs"]
mod limits;

pub(crate) use limit::{Limit, Unit};
pub(crate) use limits::{Limits, MIB};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overflow {
    #[default]
    Refuse,
    DropOldest,
}

/// Who may write from beyond the node: of no interest here either.
#[derive(Clone, Debug, Default)]
pub(crate) enum Access {
    #[default]
    Local,
}

impl Access {
    pub(crate) fn admits(&self, _: Option<&skep_protocol::Identifier>) -> bool {
        false
    }
}

/// Where messages may go beyond the node: of no interest here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network(());

/// Names that resemble another are of no interest here.
pub(crate) fn nearest<'a>(_name: &str, _known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    None
}
