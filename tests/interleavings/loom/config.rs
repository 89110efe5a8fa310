//! What the router takes from the host's settings.

pub(crate) const MIB: usize = 1 << 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overflow {
    #[default]
    Refuse,
    DropOldest,
}

/// Names that resemble another are of no interest here.
pub(crate) fn nearest<'a>(_name: &str, _known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    None
}
