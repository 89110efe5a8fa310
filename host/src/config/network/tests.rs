//! What lists let through, and what they keep out.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn list(entries: &[&str]) -> Network {
    Network::of(entries).unwrap_or_else(|why| panic!("{why}"))
}

#[track_caller]
fn ip(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn hosts_are_meant_by_name() {
    let network = list(&["Example.com:4000", "*.bees.org:4000", "10.0.0.0/8:*", "[fd00::/8]:1"]);
    for (host, port, is_named) in [
        ("example.com", 4_000, true),
        ("example.com", 4_001, false),
        ("a.example.com", 4_000, false),
        ("a.bees.org", 4_000, true),
        ("bees.org", 4_000, false),
        (".bees.org", 4_000, false),
        ("evilbees.org", 4_000, false),
        ("10.255.0.1", 7, true),
        ("::ffff:10.1.1.1", 7, true),
        ("11.0.0.1", 7, false),
        ("fd00::1", 1, true),
        ("fe80::1", 1, false),
    ] {
        assert_eq!(network.names(host, port), is_named, "{host}:{port}");
    }
    assert!(!Network::default().names("example.com", 1));
    assert!(Network::everywhere().names("example.com", 1));
}

/// A name opens nothing but the internet, whatever it resolves to.
#[test]
fn addresses_that_are_not_public_have_to_be_on_the_list() {
    let by_name = list(&["*:*"]);
    for closed in [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ] {
        assert!(!by_name.admits(ip(closed), 80), "{closed}");
        assert!(Network::everywhere().admits(ip(closed), 80));
    }
    for open in ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
        assert!(by_name.admits(ip(open), 80), "{open}");
    }
    let listed = list(&["db.internal:80", "10.0.0.0/8:80", "localhost:90"]);
    assert!(listed.admits(ip("10.1.2.3"), 80) && !listed.admits(ip("10.1.2.3"), 81));
    assert!(listed.admits(ip("::1"), 90) && listed.admits(ip("127.0.0.1"), 90));
    assert!(!listed.admits(ip("127.0.0.1"), 80) && listed.names("127.0.0.1", 90));
}

#[test]
fn a_ceiling_covers_what_is_less() {
    let ceiling = list(&["*.bees.org:4000", "10.0.0.0/8:*", "[fd00::/16]:1"]);
    let asked =
        ["a.bees.org:4000", "*.a.bees.org:4000", "10.1.0.0/16:5", "10.1.1.1:*", "[fd00::1]:1"];
    assert!(list(&asked).beyond(&ceiling).is_empty());
    let beyond = ["bees.org:4000", "a.bees.org:*", "0.0.0.0/0:5", "*:4000", "[fd00::1]:2"];
    assert_eq!(list(&beyond).beyond(&ceiling), beyond);
    let both = [&asked[..], &beyond[..]].concat();
    assert_eq!(list(&both).within(&ceiling), list(&asked));
    assert_eq!(list(&beyond).within(&ceiling), Network::default());
    assert_eq!(list(&beyond).within(&Network::everywhere()), list(&beyond));
}

/// `*` stands for the internet, and so covers nothing that opens more.
#[test]
fn all_names_do_not_cover_private_addresses() {
    let ceiling = list(&["*:*"]);
    assert!(list(&["a.b:1", "*.b:1", "*:1", "1.1.1.1:1"]).beyond(&ceiling).is_empty());
    let private = ["127.0.0.1:1", "10.0.0.0/8:1", "0.0.0.0/0:1", "localhost:1", "[::1]:1"];
    assert_eq!(list(&private).beyond(&ceiling), private);
}

#[test]
fn what_is_no_entry() {
    for bad in [
        "",
        "a",
        "a:",
        ":1",
        "a:0",
        "a:65536",
        "a:b",
        "::1:4000",
        "[::1]",
        "[::1:4000",
        "[a]:1",
        "10.0.0.0/33:1",
        "a/8:1",
        "[10.0.0.1]:1",
        "a b:1",
        "*a:1",
        "a..b:1",
        "*.:1",
        "a\n:1",
        "[::ffff:10.0.0.0/40]:1",
    ] {
        assert!(Network::of([bad]).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text: String) {
        let _ = Network::of([text]);
    }

    #[test]
    fn what_is_shown_is_read_back(
        host in "[a-z]{1,8}(\\.[a-z]{1,8}){0,2}|\\*|\\*\\.[a-z]{1,5}|10\\.0\\.0\\.0/[0-9]|\\[::1\\]",
        port in 1_u16..,
    ) {
        let text = format!("{host}:{port}");
        let network = Network::of([&text]);
        prop_assert_eq!(network.map(|network| network.entries().collect::<Vec<_>>()), Ok(vec![text]));
    }
}
