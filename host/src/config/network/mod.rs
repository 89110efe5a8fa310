//! Lists of hosts and ports beyond this node, and what is on them.

mod entry;
mod public;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use entry::Entry;
pub use entry::NetworkError;

/// Hosts and ports that messages may go to: nowhere, unless it says so.
///
/// An entry is `HOST:PORT`. The host is a name, an address (IPv6 in brackets), a range of
/// addresses (`10.0.0.0/8`), all names below one (`*.example.com`), or `*`; the port may be
/// `*`, too. A name says nothing of addresses that are not public: whoever answers for the
/// name could lead into this machine or its neighbourhood. For those the list needs an entry
/// with the address or its range. `localhost` stands for the addresses of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network(Reach);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Reach {
    #[default]
    Nowhere,
    Listed(Arc<[Entry]>),
    Everywhere,
}

impl Network {
    /// A list of these entries.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn of<T: AsRef<str>>(entries: impl IntoIterator<Item = T>) -> Result<Self, NetworkError> {
        let entries: Arc<[Entry]> =
            entries.into_iter().map(|entry| entry.as_ref().parse()).collect::<Result<_, _>>()?;
        Ok(Self(if entries.is_empty() { Reach::Nowhere } else { Reach::Listed(entries) }))
    }

    /// No bounds: for the program that embeds the node.
    pub(crate) fn everywhere() -> Self {
        Self(Reach::Everywhere)
    }

    /// Whether there are no bounds.
    pub(crate) fn is_everywhere(&self) -> bool {
        self.0 == Reach::Everywhere
    }

    /// What it says, as it is written.
    pub fn entries(&self) -> impl Iterator<Item = String> + '_ {
        self.list().iter().map(ToString::to_string)
    }

    fn list(&self) -> &[Entry] {
        match &self.0 {
            Reach::Listed(entries) => entries,
            Reach::Nowhere | Reach::Everywhere => &[],
        }
    }

    /// Whether a host and port may be asked for, as they are written.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links ask"))]
    pub(crate) fn names(&self, host: &str, port: u16) -> bool {
        self.is_everywhere() || self.list().iter().any(|entry| entry.names(host, port))
    }

    /// Whether an address may be connected to that a host of the list has turned out to
    /// have.
    #[cfg_attr(not(feature = "tcp"), expect(dead_code, reason = "links ask"))]
    pub(crate) fn admits(&self, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        self.is_everywhere()
            || public::is_public(address)
            || self.list().iter().any(|entry| entry.admits(address, port))
    }

    /// The entries of this list that go beyond all of `ceiling`.
    pub(crate) fn beyond(&self, ceiling: &Self) -> Vec<String> {
        if ceiling.is_everywhere() {
            return Vec::new();
        }
        let covered = |entry: &&Entry| ceiling.list().iter().any(|given| given.covers(entry));
        self.list().iter().filter(|entry| !covered(entry)).map(ToString::to_string).collect()
    }

    /// As much of this list as `other` covers.
    pub(crate) fn within(&self, other: &Self) -> Self {
        if other.is_everywhere() {
            return self.clone();
        }
        let covered = |entry: &&Entry| other.list().iter().any(|given| given.covers(entry));
        let entries: Arc<[Entry]> = self.list().iter().filter(covered).cloned().collect();
        Self(if entries.is_empty() { Reach::Nowhere } else { Reach::Listed(entries) })
    }
}
