//! From routes and a payload to the bytes of a frame, in the shortest form there is.

use alloc::vec::Vec;

use super::cbor::{ARRAY, BYTES, UNSIGNED, put};
use super::error::FrameError;
use super::parse::{is_within, stop_fits};
use super::{LENGTH, MAX_FRAME};
use crate::route::Route;

/// The fields that are written. The fourth, for tracing, is Ockam's own, and may be left out.
const FIELDS: usize = 3;

/// Append the bytes of a frame, its length included, made of parts that stay where they are.
///
/// # Errors
/// When it has more than [`MAX_FRAME`] bytes, or a route that no [`Decoder`](super::Decoder)
/// would take. Nothing is appended then.
pub fn encode(
    onward: &Route,
    back: &Route,
    payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    check(onward)?;
    check(back)?;
    // Routes are short, so that this refuses what is too long before it is copied.
    within(payload.len())?;
    let start = out.len();
    out.reserve(payload.len());
    out.extend([0; LENGTH]);
    put(out, ARRAY, FIELDS);
    put_route(out, onward);
    put_route(out, back);
    put(out, BYTES, payload.len());
    out.extend_from_slice(payload);
    let length = within(out.len() - start - LENGTH).inspect_err(|_| out.truncate(start))?;
    if let Some(room) = out.get_mut(start..start + LENGTH) {
        room.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn put_route(out: &mut Vec<u8>, route: &Route) {
    put(out, ARRAY, route.len());
    for stop in route {
        put(out, ARRAY, 2);
        put(out, UNSIGNED, stop.transport().into());
        put(out, BYTES, stop.bytes().len());
        out.extend_from_slice(stop.bytes());
    }
}

fn check(route: &Route) -> Result<(), FrameError> {
    is_within(route.len())?;
    route.iter().try_for_each(|stop| stop_fits(stop.bytes()))
}

/// The length of a frame of so many bytes, if it may have them.
fn within(bytes: usize) -> Result<u32, FrameError> {
    let length = u32::try_from(bytes).ok().filter(|_| bytes <= MAX_FRAME);
    length.ok_or(FrameError::TooLong { bytes: bytes as u64, most: MAX_FRAME })
}
