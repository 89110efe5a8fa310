//! One entry of a list: a host, or many, and a port, or all.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Why a text is no entry of a list of hosts and ports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host and port such as `example.com:4000`, `10.0.0.0/8:4000` or `[::1]:*`")]
pub struct NetworkError(pub(super) String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    host: Host,
    /// All of them, if it is none.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    Name(String),
    /// All names that end with this, which begins with a dot.
    Below(String),
    Range(IpAddr, u8),
}

impl Entry {
    /// Whether a host is meant that is written so.
    pub(super) fn names(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        let address = host.parse::<IpAddr>().map(|address| address.to_canonical());
        match (&self.host, address) {
            (Host::Any, _) => true,
            (Host::Name(name), Err(_)) => name.eq_ignore_ascii_case(host),
            (Host::Below(end), Err(_)) => is_below(host, end),
            (Host::Range(start, bits), Ok(address)) => is_in(address, *start, *bits),
            (Host::Name(name), Ok(address)) => is_own(name) && address.is_loopback(),
            _ => false,
        }
    }

    /// Whether it opens an address that is not public.
    pub(super) fn admits(&self, address: IpAddr, port: u16) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        match &self.host {
            Host::Range(start, bits) => is_in(address, *start, *bits),
            Host::Name(name) => is_own(name) && address.is_loopback(),
            Host::Any | Host::Below(_) => false,
        }
    }

    /// Whether this allows all that the other one does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if self.port.is_some() && self.port != other.port {
            return false;
        }
        match (&self.host, &other.host) {
            (own, others) if own == others => true,
            (Host::Any, Host::Name(name)) => !is_own(name),
            (Host::Any, Host::Below(_)) => true,
            (Host::Any, Host::Range(start, bits)) => is_public_range(*start, *bits),
            (Host::Below(end), Host::Name(name)) => is_below(name, end),
            (Host::Below(end), Host::Below(further)) => is_below(further, end),
            (Host::Range(start, bits), Host::Range(inner, more)) => {
                more >= bits && is_in(*inner, *start, *bits)
            }
            _ => false,
        }
    }
}

/// What all names stand for, but no address that is not public.
fn is_public_range(start: IpAddr, bits: u8) -> bool {
    let whole = if start.is_ipv4() { 32 } else { 128 };
    bits == whole && super::public::is_public(start)
}

/// The name of the machine itself.
fn is_own(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
}

fn is_below(host: &str, end: &str) -> bool {
    let start = host.len().checked_sub(end.len()).filter(|start| *start > 0);
    let own = start.and_then(|start| host.get(start..));
    own.is_some_and(|own| own.eq_ignore_ascii_case(end))
}

fn is_in(address: IpAddr, start: IpAddr, bits: u8) -> bool {
    match (address, start) {
        (IpAddr::V4(address), IpAddr::V4(start)) => {
            let beyond = 32_u32.saturating_sub(bits.into());
            let cut = |ip: u32| ip.checked_shr(beyond).unwrap_or_default();
            cut(address.to_bits()) == cut(start.to_bits())
        }
        (IpAddr::V6(address), IpAddr::V6(start)) => {
            let beyond = 128_u32.saturating_sub(bits.into());
            let cut = |ip: u128| ip.checked_shr(beyond).unwrap_or_default();
            cut(address.to_bits()) == cut(start.to_bits())
        }
        _ => false,
    }
}

impl FromStr for Entry {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        read(text).ok_or_else(|| NetworkError(crate::sanitize::brief(text.to_owned())))
    }
}

fn read(text: &str) -> Option<Entry> {
    let (host, port) = text.rsplit_once(':')?;
    let port = match port {
        "*" => None,
        port => Some(port.parse().ok().filter(|port| *port != 0)?),
    };
    Some(Entry { host: read_host(host)?, port })
}

fn read_host(text: &str) -> Option<Host> {
    if text == "*" {
        return Some(Host::Any);
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    // Without brackets it would not be clear where the port begins.
    let (address, bits) = match bare.unwrap_or(text).split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (bare.unwrap_or(text), None),
    };
    if let Ok(address) = address.parse::<IpAddr>() {
        if address.is_ipv6() != bare.is_some() {
            return None;
        }
        return range(address, bits);
    }
    if bits.is_some() || bare.is_some() {
        return None;
    }
    let below = text.strip_prefix('*').filter(|rest| rest.starts_with('.'));
    let name = below.map_or(text, |rest| rest.get(1..).unwrap_or_default());
    if !is_name(name) {
        return None;
    }
    Some(below.map_or_else(|| Host::Name(text.into()), |rest| Host::Below(rest.into())))
}

/// An address, or as many as have its first bits.
fn range(address: IpAddr, bits: Option<&str>) -> Option<Host> {
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let bits: u8 = match bits {
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= whole)?,
        None => whole,
    };
    match address {
        // What is written as IPv6 and means IPv4 is compared as that.
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
            let v4 = v6.to_ipv4_mapped()?;
            Some(Host::Range(v4.into(), bits.checked_sub(96)?))
        }
        address => Some(Host::Range(address, bits)),
    }
}

/// A name that a resolver could know.
fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=253).contains(&name.len()) && name.bytes().all(inner) && !name.contains("..")
}

/// As it is written.
impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Any => out.write_str("*")?,
            Host::Name(name) => out.write_str(name)?,
            Host::Below(end) => write!(out, "*{end}")?,
            Host::Range(IpAddr::V4(v4), 32) => write!(out, "{v4}")?,
            Host::Range(IpAddr::V4(v4), bits) => write!(out, "{v4}/{bits}")?,
            Host::Range(IpAddr::V6(v6), 128) => write!(out, "[{v6}]")?,
            Host::Range(IpAddr::V6(v6), bits) => write!(out, "[{v6}/{bits}]")?,
        }
        match self.port {
            Some(port) => write!(out, ":{port}"),
            None => out.write_str(":*"),
        }
    }
}
