//! One stop of a route: a transport type and bytes, and the text people write.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU8;
use core::str::FromStr;

/// The transport type of a worker of this node, as in Ockam.
pub const LOCAL: u8 = 0;
/// The transport type of a TCP connection, as in Ockam.
pub const TCP: u8 = 1;

/// The most bytes that an address read from text or from a peer may have.
pub const MAX_BYTES: usize = 255;

/// Short names, nearly all of them, are kept without an allocation.
const SHORT: usize = 30;

/// One stop of a route: a transport type and bytes.
///
/// In text `echoer` or `0#echoer` is a worker of this node and `1#host:port` a
/// TCP connection. Bytes other than printable ASCII, and `#`, `,` and `%`, are
/// written `%XX`; [`FromStr`] reads back what [`fmt::Display`] writes. A space that is
/// first or last is written so too, since a route's text may have spaces between stops.
pub struct Address(Repr);

enum Repr {
    /// Always of so few bytes.
    Short(Short),
    Long(u8, Arc<[u8]>),
}

/// A message copies addresses again and again: this one lies so that each copy is two moves of 16
/// bytes, of what two such moves have written. A processor waits where it has to put together
/// what it reads from smaller pieces just written.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(16))]
struct Short {
    /// One more than there are: so the enumeration above needs no byte of its own.
    len: NonZeroU8,
    transport: u8,
    /// 0 beyond its length.
    bytes: [u8; SHORT],
}

const _: () = assert!(size_of::<Address>() == 32);

impl Clone for Address {
    #[inline]
    fn clone(&self) -> Self {
        match &self.0 {
            Repr::Short(short) => Self(Repr::Short(*short)),
            Repr::Long(transport, bytes) => Self::long(*transport, bytes),
        }
    }
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// There is nothing in it.
    Empty,
    /// It has more than [`MAX_BYTES`] bytes.
    TooLong,
    /// The transport type before `#` is not a number from 0 to 255.
    Transport,
    /// A `%` is not followed by two hexadecimal digits.
    Escape,
    /// A byte that has to be written `%XX`.
    Byte(u8),
}

impl Address {
    /// Apart, so that what copies a short one has nothing to do with it.
    #[cold]
    #[inline(never)]
    fn long(transport: u8, bytes: &Arc<[u8]>) -> Self {
        Self(Repr::Long(transport, bytes.clone()))
    }

    /// The address of a worker of this node.
    #[must_use]
    pub fn local(name: &[u8]) -> Self {
        Self::new(LOCAL, name)
    }

    /// An address of any transport type. It is not checked: what comes from
    /// outside is, where it is read.
    #[must_use]
    pub fn new(transport: u8, bytes: &[u8]) -> Self {
        let mut short = Short { len: NonZeroU8::MIN, transport, bytes: [0; SHORT] };
        let Some(room) = short.bytes.get_mut(..bytes.len()) else {
            return Self(Repr::Long(transport, bytes.into()));
        };
        room.copy_from_slice(bytes);
        #[expect(clippy::cast_possible_truncation, reason = "at most SHORT")]
        let len = bytes.len() as u8;
        short.len = short.len.saturating_add(len);
        Self(Repr::Short(short))
    }

    /// The transport type: 0 for this node, 1 for TCP, as in Ockam.
    #[must_use]
    pub fn transport(&self) -> u8 {
        match &self.0 {
            Repr::Short(short) => short.transport,
            Repr::Long(transport, _) => *transport,
        }
    }

    /// Whether this is a worker of this node.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.transport() == LOCAL
    }

    /// The bytes: for a worker its name.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short(short) => {
                let len = usize::from(short.len.get() - 1);
                short.bytes.get(..len).unwrap_or(&short.bytes)
            }
            Repr::Long(_, bytes) => bytes,
        }
    }
}

impl Address {
    /// The bytes as they are, where none has to be written in another way: nearly always.
    fn plain(&self) -> Option<&str> {
        let bytes = self.bytes();
        let has_edge = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
        let is_plain = !has_edge && !bytes.iter().copied().any(is_escaped);
        core::str::from_utf8(bytes).ok().filter(|_| is_plain)
    }
}

/// Whether a byte of an address has to be written `%XX`.
fn is_escaped(byte: u8) -> bool {
    !(0x20..0x7f).contains(&byte) || matches!(byte, b'#' | b',' | b'%')
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (transport, rest) = match text.split_once('#') {
            Some((number, rest)) => (transport(number)?, rest),
            None => (LOCAL, text),
        };
        if rest.is_empty() {
            return Err(AddressError::Empty);
        }
        if rest.len() > 3 * MAX_BYTES {
            return Err(AddressError::TooLong);
        }
        if rest.len() <= MAX_BYTES && !rest.bytes().any(is_escaped) {
            return Ok(Self::new(transport, rest.as_bytes()));
        }
        let mut room = [0; MAX_BYTES];
        let mut len = 0;
        let mut left = rest.as_bytes();
        while let Some((&byte, tail)) = left.split_first() {
            let (byte, tail) = match byte {
                b'%' => unescape(tail)?,
                byte if is_escaped(byte) => return Err(AddressError::Byte(byte)),
                byte => (byte, tail),
            };
            *room.get_mut(len).ok_or(AddressError::TooLong)? = byte;
            len += 1;
            left = tail;
        }
        Ok(Self::new(transport, room.get(..len).unwrap_or(&room)))
    }
}

/// A transport type, in digits alone.
fn transport(text: &str) -> Result<u8, AddressError> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain).ok_or(AddressError::Transport)
}

/// The byte that two hexadecimal digits stand for, and what comes after them.
fn unescape(digits: &[u8]) -> Result<(u8, &[u8]), AddressError> {
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(AddressError::Escape);
    let [high, low, tail @ ..] = digits else {
        return Err(AddressError::Escape);
    };
    #[expect(clippy::cast_possible_truncation, reason = "two digits are one byte")]
    let byte = (digit(*high)? << 4 | digit(*low)?) as u8;
    Ok((byte, tail))
}

/// For texts in one's own code: read as [`FromStr`] does, and what that refuses
/// is taken for the plain name of a worker (which no node will know).
impl From<&str> for Address {
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self::local(text.as_bytes()))
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        if !self.is_local() {
            write!(out, "{}#", self.transport())?;
        }
        if let Some(plain) = self.plain() {
            return out.write_str(plain);
        }
        let last = self.bytes().len().saturating_sub(1);
        for (index, &byte) in self.bytes().iter().enumerate() {
            let is_edge = index == 0 || index == last;
            if is_escaped(byte) || (byte == b' ' && is_edge) {
                write!(out, "%{byte:02X}")?;
            } else {
                out.write_char(char::from(byte))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{self}\"")
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // All of them at once cost less than as many as there are.
            (Repr::Short(one), Repr::Short(other)) => one == other,
            (Repr::Long(one, bytes), Repr::Long(other, others)) => one == other && bytes == others,
            _ => false,
        }
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.transport(), self.bytes()).cmp(&(other.transport(), other.bytes()))
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.transport());
        match &self.0 {
            Repr::Short(short) => state.write(&short.bytes),
            Repr::Long(_, bytes) => state.write(bytes),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(out, "an address is empty"),
            Self::TooLong => write!(out, "an address has at most {MAX_BYTES} bytes"),
            Self::Transport => write!(out, "before `#` stands a transport type from 0 to 255"),
            Self::Escape => write!(out, "after `%` come two hexadecimal digits"),
            Self::Byte(byte) => write!(out, "byte 0x{byte:02x} has to be written %{byte:02X}"),
        }
    }
}

impl core::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[track_caller]
    fn refused(text: &str, why: AddressError) {
        assert_eq!(text.parse::<Address>(), Err(why), "{text:?}");
    }

    #[test]
    fn text_and_bytes() {
        assert_eq!("0#echoer".parse(), Ok(Address::local(b"echoer")));
        assert_eq!("0#echoer".parse::<Address>().map(|a| a.to_string()), Ok("echoer".into()));
        assert_eq!("1#127.0.0.1:4000".parse(), Ok(Address::new(TCP, b"127.0.0.1:4000")));
        assert_eq!("a%00%2c".parse(), Ok(Address::local(b"a\0,")));
        assert_eq!(Address::local(b"a\0,\xff").to_string(), "a%00%2C%FF");
        assert_eq!(Address::from("a%zz"), Address::local(b"a%zz"));
        assert_eq!(" a b ".parse(), Ok(Address::local(b" a b ")));
        assert_eq!(Address::local(b" a b ").to_string(), "%20a b%20");
    }

    #[test]
    fn what_is_no_address() {
        refused("", AddressError::Empty);
        refused("0#", AddressError::Empty);
        refused("256#a", AddressError::Transport);
        refused("+1#a", AddressError::Transport);
        refused("#a", AddressError::Transport);
        refused("a%2", AddressError::Escape);
        refused("a%+1", AddressError::Escape);
        refused("a\n", AddressError::Byte(b'\n'));
        refused("0#a#b", AddressError::Byte(b'#'));
        refused(&"a".repeat(256), AddressError::TooLong);
    }

    proptest! {
        #[test]
        fn text_is_read_back(transport: u8, bytes in prop::collection::vec(any::<u8>(), 1..=MAX_BYTES)) {
            let address = Address::new(transport, &bytes);
            prop_assert_eq!(address.bytes(), &bytes[..]);
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text: String) {
            let _ = text.parse::<Address>();
            let _ = Address::from(text.as_str());
        }
    }
}
