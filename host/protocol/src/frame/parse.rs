//! From the bytes of a whole frame to its parts. Each of them is checked, and known to be there,
//! before it is copied.

use super::Frame;
use super::cbor::Reader;
use super::error::FrameError;
use crate::address::{self, Address, AddressError};
use crate::route::{MAX_HOPS, Route};

/// Reads the bytes of a frame, without the length in front. Bytes after the array are
/// ignored, as Ockam does.
pub(super) fn parse(body: &[u8]) -> Result<Frame, FrameError> {
    const FIELDS: &str = "an array of two routes and a payload";
    let mut reader = Reader::new(body);
    let mut fields = reader.array(FIELDS)?;
    fields.one(&mut reader, FIELDS)?;
    let onward = route(&mut reader)?;
    fields.one(&mut reader, FIELDS)?;
    let back = route(&mut reader)?;
    fields.one(&mut reader, FIELDS)?;
    let payload = reader.bytes("a payload, which is bytes")?;
    if fields.more(&mut reader)? {
        reader.optional_text("what is traced: a text or null")?;
    }
    fields.rest(&mut reader)?;
    Ok(Frame { onward, back, payload: payload.into() })
}

fn route(reader: &mut Reader<'_>) -> Result<Route, FrameError> {
    let mut items = reader.array("a route, which is an array")?;
    let mut route = Route::new();
    while items.more(reader)? {
        is_within(route.len() + 1)?;
        route.push(stop(reader)?);
    }
    Ok(route)
}

fn stop(reader: &mut Reader<'_>) -> Result<Address, FrameError> {
    const FIELDS: &str = "an address, which is an array of a transport type and bytes";
    let mut fields = reader.array(FIELDS)?;
    fields.one(reader, FIELDS)?;
    let transport = reader.unsigned("a transport type")?;
    let transport = u8::try_from(transport).map_err(|_| FrameError::Transport)?;
    fields.one(reader, FIELDS)?;
    let bytes = reader.bytes("the bytes of an address")?;
    stop_fits(bytes)?;
    fields.rest(reader)?;
    Ok(Address::new(transport, bytes))
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
