//! As much of CBOR (RFC 8949) as frames are made of. Reading borrows and allocates nothing.

use alloc::vec::Vec;

use super::error::FrameError;

/// Major types.
pub(super) const UNSIGNED: u8 = 0;
pub(super) const BYTES: u8 = 2;
const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// `null`, and what ends an array of indefinite length.
const NULL: u8 = 0xf6;
const BREAK: u8 = 0xff;

/// Values within values in what is ignored; a bound for the depth of calls.
const MAX_DEPTH: u32 = 16;

/// Appends the head of a value: its major type, and its number or length.
pub(super) fn put(out: &mut Vec<u8>, major: u8, number: usize) {
    let major = major << 5;
    match u8::try_from(number) {
        // Nearly all: routes are short, and so are names.
        Ok(number @ 0..24) => out.push(major | number),
        Ok(number) => out.extend_from_slice(&[major | 24, number]),
        Err(_) => put_long(out, major, number),
    }
}

fn put_long(out: &mut Vec<u8>, major: u8, number: usize) {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let (info, size) = match bytes.len() - zeros {
        ..=2 => (25, 2),
        3 | 4 => (26, 4),
        _ => (27, 8),
    };
    out.push(major | info);
    out.extend_from_slice(bytes.get(bytes.len().saturating_sub(size)..).unwrap_or_default());
}

/// What is left of the bytes of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    left: &'a [u8],
    /// How many came before.
    at: usize,
}

/// The first part of a value.
struct Head {
    major: u8,
    /// Its number or length; `None` for an indefinite length.
    number: Option<u64>,
}

/// How many items of an array are still to come; `None` until it ends of itself.
pub(super) struct Items(Option<u64>);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, at: 0 }
    }

    pub(super) fn unsigned(&mut self, wanted: &'static str) -> Result<u64, FrameError> {
        self.value(UNSIGNED, wanted)
    }

    /// A byte string of definite length.
    pub(super) fn bytes(&mut self, wanted: &'static str) -> Result<&'a [u8], FrameError> {
        let length = self.value(BYTES, wanted)?;
        self.take(length)
    }

    pub(super) fn array(&mut self, wanted: &'static str) -> Result<Items, FrameError> {
        let at = self.at;
        match self.head()? {
            Head { major: ARRAY, number } => Ok(Items(number)),
            _ => Err(FrameError::Unexpected { at, wanted }),
        }
    }

    /// A text of definite length, or `null`; neither is kept.
    pub(super) fn optional_text(&mut self, wanted: &'static str) -> Result<(), FrameError> {
        if self.left.first() == Some(&NULL) {
            return self.take(1).map(drop);
        }
        let length = self.value(TEXT, wanted)?;
        let at = self.at;
        let text = core::str::from_utf8(self.take(length)?);
        text.map(drop).map_err(|_| FrameError::Unexpected { at, wanted })
    }

    /// Any one value.
    pub(super) fn skip(&mut self) -> Result<(), FrameError> {
        self.skip_within(MAX_DEPTH)
    }

    fn skip_within(&mut self, depth: u32) -> Result<(), FrameError> {
        let at = self.at;
        let depth = depth.checked_sub(1).ok_or(FrameError::Nested { at })?;
        let head = self.head()?;
        let mut items = match head {
            Head { major: BYTES | TEXT, number: Some(length) } => {
                return self.take(length).map(drop);
            }
            Head { major: BYTES | TEXT | ARRAY | MAP, number: None } => Items(None),
            Head { major: ARRAY, number } => Items(number),
            // Twice as many would be more than there can be bytes for long before it overflows.
            Head { major: MAP, number } => Items(number.map(|pairs| pairs.saturating_mul(2))),
            Head { major: TAG, number: Some(_) } => Items(Some(1)),
            Head { number: Some(_), .. } => return Ok(()),
            Head { number: None, .. } => {
                return Err(FrameError::Unexpected { at, wanted: "a value" });
            }
        };
        while items.more(self)? {
            self.skip_within(depth)?;
        }
        Ok(())
    }

    /// The number or length of a value of this type; an indefinite length is refused.
    fn value(&mut self, major: u8, wanted: &'static str) -> Result<u64, FrameError> {
        let at = self.at;
        match self.head()? {
            Head { major: found, number: Some(number) } if found == major => Ok(number),
            _ => Err(FrameError::Unexpected { at, wanted }),
        }
    }

    fn head(&mut self) -> Result<Head, FrameError> {
        let at = self.at;
        let (&first, left) = self.left.split_first().ok_or(FrameError::Truncated)?;
        self.left = left;
        self.at += 1;
        let number = match first & 0x1f {
            info @ ..24 => Some(info.into()),
            info @ 24..28 => {
                let bytes = self.take(1 << (info - 24))?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return Err(FrameError::Unexpected { at, wanted: "a value" }),
        };
        Ok(Head { major: first >> 5, number })
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], FrameError> {
        let count = usize::try_from(count).map_err(|_| FrameError::Truncated)?;
        let (taken, left) = self.left.split_at_checked(count).ok_or(FrameError::Truncated)?;
        self.left = left;
        self.at += count;
        Ok(taken)
    }
}

impl Items {
    /// Whether one more item comes next.
    pub(super) fn more(&mut self, reader: &mut Reader<'_>) -> Result<bool, FrameError> {
        if let Some(left) = &mut self.0 {
            let more = left.checked_sub(1);
            *left = more.unwrap_or_default();
            return Ok(more.is_some());
        }
        if reader.left.first() == Some(&BREAK) {
            return reader.take(1).map(|_| false);
        }
        Ok(true)
    }

    /// Refuses an array that ends too early.
    pub(super) fn one(
        &mut self,
        reader: &mut Reader<'_>,
        wanted: &'static str,
    ) -> Result<(), FrameError> {
        match self.more(reader)? {
            true => Ok(()),
            false => Err(FrameError::Unexpected { at: reader.at, wanted }),
        }
    }

    /// Reads over the items that nobody asks for.
    pub(super) fn rest(&mut self, reader: &mut Reader<'_>) -> Result<(), FrameError> {
        while self.more(reader)? {
            reader.skip()?;
        }
        Ok(())
    }
}
