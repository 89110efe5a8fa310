//! A stop beyond this node: the host and port that it names.

use std::net::Ipv6Addr;

use skep_protocol::Address;
use skep_protocol::address::TCP;

use crate::router::SendError;

/// A host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// A name, or an address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Target {
    /// What a stop of a route names.
    ///
    /// # Errors
    /// When it is of another transport, or no host and port.
    pub(super) fn of(stop: &Address) -> Result<Self, SendError> {
        if stop.transport() != TCP {
            return Err(SendError::NoRoute(stop.clone()));
        }
        let read = std::str::from_utf8(stop.bytes()).ok().and_then(Self::read);
        read.ok_or_else(|| {
            let wanted = "`1#host:port` names a host and a port, and IPv6 in brackets";
            SendError::Denied(format!("`{stop}` is no host and port: {wanted}"))
        })
    }

    /// A text such as `example.com:4000` or `[::1]:4000`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bare {
            // One address can be written in many ways, and is one host: of IPv4 if it means that.
            Some(bare) => bare.parse::<Ipv6Addr>().ok()?.to_canonical().to_string(),
            None if host.contains(':') || !is_host(host) => return None,
            None => host.to_ascii_lowercase(),
        };
        Some(Self { host, port })
    }

    /// It as a stop of a route.
    pub(super) fn stop(&self) -> Address {
        let brackets = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        let text = format!("{}{}{}:{}", brackets.0, self.host, brackets.1, self.port);
        Address::new(TCP, text.as_bytes())
    }
}

/// What a resolver may be asked for.
fn is_host(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=253).contains(&text.len()) && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        let read =
            |text| Target::of(&Address::new(TCP, text)).map(|target| target.stop().to_string());
        assert_eq!(read(b"127.0.0.1:4000"), Ok("1#127.0.0.1:4000".into()));
        assert_eq!(read(b"Example.com:1"), Ok("1#example.com:1".into()));
        assert_eq!(read(b"[::1]:4000"), Ok("1#[::1]:4000".into()));
        assert_eq!(read(b"[0:0::0:0001]:04000"), Ok("1#[::1]:4000".into()));
        assert_eq!(read(b"[0:00:0:0:0:FFFF:7f00:1]:1"), Ok("1#127.0.0.1:1".into()));
        for bad in [
            &b"127.0.0.1"[..],
            b"a:0",
            b"a:65536",
            b":1",
            b"::1:4000",
            b"[a]:1",
            b"a b:1",
            b"\xff:1",
            b"a/b:1",
            b"a\0:1",
            b"a:+1x",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        assert!(Target::of(&Address::local(b"a:1")).is_err());
        assert!(Target::of(&Address::new(2, b"a:1")).is_err());
    }
}
