//! Which addresses are anybody's on the internet. All others lead into this machine, its
//! neighbourhood, or nowhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address, in its shortest form, is one of the internet's hosts.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // "This network", and what providers use among themselves.
        (0, _, _) | (100, 64..=127, _) => true,
        // Protocol assignments, the relays of 6to4, and benchmarks.
        (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => true,
        // Multicast and what is reserved.
        (224.., _, _) => true,
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let special = match (a, b) {
        // Teredo and other protocol assignments, documentation, and 6to4, which leads to
        // any address of IPv4.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff) => true,
        _ => false,
    };
    // Only these are given out; the rest is loopback, link-local, private or translated.
    (0x2000..=0x3fff).contains(&a) && !special
}
