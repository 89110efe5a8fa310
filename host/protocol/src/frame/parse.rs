//! From the bytes of a whole frame to its parts. All of them are looked through before
//! anything is allocated.

use super::Frame;
use super::cbor::Reader;
use super::error::FrameError;
use crate::address::{self, Address, AddressError};
use crate::route::{MAX_HOPS, Route};

/// A frame's parts, where they stand in its bytes.
struct Parts<'a> {
    onward: Reader<'a>,
    back: Reader<'a>,
    payload: &'a [u8],
}

/// Reads the bytes of a frame, without the length in front. Bytes after the array are
/// ignored, as Ockam does.
pub(super) fn parse(body: &[u8]) -> Result<Frame, FrameError> {
    let parts = Parts::check(body)?;
    Ok(Frame {
        onward: route(parts.onward)?,
        back: route(parts.back)?,
        payload: parts.payload.into(),
    })
}

impl<'a> Parts<'a> {
    fn check(body: &'a [u8]) -> Result<Self, FrameError> {
        const FIELDS: &str = "an array of two routes and a payload";
        let mut reader = Reader::new(body);
        let mut fields = reader.array(FIELDS)?;
        fields.one(&mut reader, FIELDS)?;
        let onward = reader;
        stops(&mut reader, |_, _| {})?;
        fields.one(&mut reader, FIELDS)?;
        let back = reader;
        stops(&mut reader, |_, _| {})?;
        fields.one(&mut reader, FIELDS)?;
        let payload = reader.bytes("a payload, which is bytes")?;
        if fields.more(&mut reader)? {
            reader.optional_text("what is traced: a text or null")?;
        }
        fields.rest(&mut reader)?;
        Ok(Self { onward, back, payload })
    }
}

/// The route that stands here, which has been looked through.
fn route(mut reader: Reader<'_>) -> Result<Route, FrameError> {
    let mut route = Route::new();
    stops(&mut reader, |transport, bytes| route.push(Address::new(transport, bytes)))?;
    Ok(route)
}

/// Reads over a route, and shows each of its stops.
fn stops(reader: &mut Reader<'_>, mut show: impl FnMut(u8, &[u8])) -> Result<(), FrameError> {
    let mut items = reader.array("a route, which is an array")?;
    let mut count = 0;
    while items.more(reader)? {
        count += 1;
        is_within(count)?;
        let (transport, bytes) = stop(reader)?;
        show(transport, bytes);
    }
    Ok(())
}

fn stop<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8]), FrameError> {
    const FIELDS: &str = "an address, which is an array of a transport type and bytes";
    let mut fields = reader.array(FIELDS)?;
    fields.one(reader, FIELDS)?;
    let transport = reader.unsigned("a transport type")?;
    let transport = u8::try_from(transport).map_err(|_| FrameError::Transport)?;
    fields.one(reader, FIELDS)?;
    let bytes = reader.bytes("the bytes of an address")?;
    stop_fits(bytes)?;
    fields.rest(reader)?;
    Ok((transport, bytes))
}

/// Refuses a route of more stops than there may be on the whole way.
pub(super) fn is_within(stops: usize) -> Result<(), FrameError> {
    if stops <= MAX_HOPS { Ok(()) } else { Err(FrameError::Stops) }
}

/// Refuses the bytes of an address that nobody could bear.
pub(super) fn stop_fits(bytes: &[u8]) -> Result<(), FrameError> {
    match bytes.len() {
        0 => Err(FrameError::Address(AddressError::Empty)),
        1..=address::MAX_BYTES => Ok(()),
        _ => Err(FrameError::Address(AddressError::TooLong)),
    }
}
