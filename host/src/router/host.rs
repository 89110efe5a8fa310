//! Which nodes count together that have proved nothing.

use std::net::{IpAddr, Ipv6Addr};

use skep_protocol::Address;

/// Whose links count together: an address, and of IPv6 the first half of it, of which a household
/// has all that there are. Of a link that this node opens by a name it is the name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Host(Address);

impl Host {
    /// The host of a place, as a stop of a route is written: `1#host:port`.
    pub(crate) fn of(place: &Address) -> Self {
        let bytes = place.bytes();
        let port = bytes.iter().rposition(|byte| *byte == b':');
        let host = port.and_then(|at| bytes.get(..at)).unwrap_or(bytes);
        let text = std::str::from_utf8(host).ok();
        let bare = text.map(|text| text.trim_start_matches('[').trim_end_matches(']'));
        match bare.and_then(|bare| bare.parse::<IpAddr>().ok()) {
            Some(address) => address.into(),
            None => Self(Address::local(host)),
        }
    }

    /// It as a name that no other host has.
    #[cfg(feature = "tcp")]
    pub(crate) fn name(&self) -> &Address {
        &self.0
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        let address = match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
            v4 => v4,
        };
        Self(Address::local(address.to_string().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_or_half_of_one() {
        let host = |text: &str| Host::from(text.parse::<IpAddr>().expect("an address"));
        for (one, other, is_same) in [
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("2001:db8::1", "2001:db8::ffff:0:0:2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(host(one) == host(other), is_same, "{one} and {other}");
        }
    }

    #[test]
    fn a_place_is_at_the_host_that_it_names() {
        let of = |place: &str| Host::of(&place.into());
        let host = |text: &str| Host::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(of("1#10.0.0.7:4000"), host("10.0.0.7"));
        assert_eq!(of("1#[2001:db8::1]:4000"), host("2001:db8::2"));
        assert_eq!(of("1#[2001:db8::1]:4000"), of("1#[2001:db8::ff]:1"));
        assert_eq!(of("1#example.com:4000"), of("1#example.com:5000"));
        assert_ne!(of("1#example.com:4000"), of("1#example.org:4000"));
    }
}
