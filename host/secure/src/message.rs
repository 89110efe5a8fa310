//! What is inside a sealed message, in CBOR as Ockam writes it.

use std::borrow::Borrow;
use std::convert::Infallible;

use minicbor::{Decoder, Encoder, encode};
use skep_protocol::address::MAX_BYTES;
use skep_protocol::route::MAX_HOPS;
use skep_protocol::{Address, Route};

use crate::cipher::OVERHEAD;
use crate::presented::{Credentials, value};

#[cfg(test)]
mod tests;

/// What is inside a sealed message. Its routes are owned where it was read, and may be
/// borrowed where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a, R = Route> {
    /// A message that goes on from the other end.
    Payload {
        /// Where it goes from there.
        onward: R,
        /// The way back from here.
        back: R,
        /// What it carries.
        payload: &'a [u8],
    },
    /// What the sender shows of itself from now on.
    Refresh {
        /// Its history, which nobody has verified.
        history: &'a [u8],
        /// Credentials, which nobody has verified.
        credentials: Credentials,
    },
    /// The sender has closed the channel.
    Close,
}

/// What was opened is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It is not of the form that it should be of.
    #[error("a message in a secure channel is malformed")]
    Malformed,
    /// It is of a kind that nobody here knows.
    #[error("a message in a secure channel is of kind {0}")]
    Kind(u64),
    /// A route has more than [`MAX_HOPS`] stops.
    #[error("a route in a secure channel has more than {MAX_HOPS} stops")]
    Stops,
    /// A stop is empty or too long, or of a transport type above 255.
    #[error("a route in a secure channel has a stop that is no address")]
    Stop,
}

impl<'a> Message<'a> {
    /// Reads what was opened. Padding and fields that are not known are ignored.
    ///
    /// # Errors
    /// When it is no message.
    pub fn decode(text: &'a [u8]) -> Result<Self, MessageError> {
        let mut decoder = Decoder::new(text);
        let fields = array(&mut decoder, 2)?;
        let message = Self::read(&mut decoder)?;
        // The padding.
        bytes(&mut decoder)?;
        skip(&mut decoder, fields - 2)?;
        match decoder.position() == text.len() {
            true => Ok(message),
            false => Err(MessageError::Malformed),
        }
    }

    fn read(decoder: &mut Decoder<'a>) -> Result<Self, MessageError> {
        let outer = array(decoder, 2)?;
        let kind = decoder.u64().map_err(malformed)?;
        let message = match kind {
            0 => Self::inside(decoder, Self::payload)?,
            1 => Self::inside(decoder, Self::refresh)?,
            2 => {
                let fields = array(decoder, 0)?;
                skip(decoder, fields)?;
                Self::Close
            }
            other => return Err(MessageError::Kind(other)),
        };
        skip(decoder, outer - 2)?;
        Ok(message)
    }

    /// The struct that is the only field of a kind of message.
    fn inside(
        decoder: &mut Decoder<'a>,
        read: fn(&mut Decoder<'a>) -> Result<(Self, u64), MessageError>,
    ) -> Result<Self, MessageError> {
        let outer = array(decoder, 1)?;
        let (message, left) = read(decoder)?;
        skip(decoder, left)?;
        skip(decoder, outer - 1)?;
        Ok(message)
    }

    fn payload(decoder: &mut Decoder<'a>) -> Result<(Self, u64), MessageError> {
        let fields = array(decoder, 3)?;
        let (onward, back) = (route(decoder)?, route(decoder)?);
        Ok((Self::Payload { onward, back, payload: bytes(decoder)? }, fields - 3))
    }

    fn refresh(decoder: &mut Decoder<'a>) -> Result<(Self, u64), MessageError> {
        let fields = array(decoder, 2)?;
        let history = value(decoder).ok_or(MessageError::Malformed)?;
        let credentials = Credentials::read(decoder).ok_or(MessageError::Malformed)?;
        Ok((Self::Refresh { history, credentials }, fields - 2))
    }
}

impl<R: Borrow<Route>> Message<'_, R> {
    /// How many bytes it takes once it is sealed.
    #[must_use]
    pub fn sealed_len(&self) -> usize {
        // An array of the message and of its padding, which is empty; and within the
        // message, an array of its kind and of an array of fields.
        let text = 1 + 3 + 1;
        let fields = match self {
            Self::Payload { onward, back, payload } => {
                1 + route_len(onward.borrow()) + route_len(back.borrow()) + bytes_len(payload.len())
            }
            Self::Refresh { history, credentials } => {
                let credentials = credentials.iter().map(<[u8]>::len);
                1 + history.len() + head_len(credentials.len()) + credentials.sum::<usize>()
            }
            Self::Close => 0,
        };
        OVERHEAD + text + fields
    }

    /// Appends its bytes, not sealed.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let written = self.write(&mut Encoder::new(out));
        debug_assert!(written.is_ok(), "memory takes all that is written");
    }

    fn write(&self, out: &mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        out.array(2)?.array(2)?;
        match self {
            Self::Payload { onward, back, payload } => {
                out.u8(0)?.array(1)?.array(3)?;
                put_route(out, onward.borrow())?;
                put_route(out, back.borrow())?;
                out.bytes(payload)?;
            }
            Self::Refresh { history, credentials } => {
                out.u8(1)?.array(1)?.array(2)?;
                out.writer_mut().extend_from_slice(history);
                out.array(credentials.iter().len() as u64)?;
                credentials.iter().for_each(|it| out.writer_mut().extend_from_slice(it));
            }
            Self::Close => {
                out.u8(2)?.array(0)?;
            }
        }
        out.bytes(&[])?;
        Ok(())
    }
}

fn put_route(
    out: &mut Encoder<&mut Vec<u8>>,
    route: &Route,
) -> Result<(), encode::Error<Infallible>> {
    out.array(route.len() as u64)?;
    for stop in route {
        out.array(2)?.u8(stop.transport())?.bytes(stop.bytes())?;
    }
    Ok(())
}

/// The bytes that a number or a length takes.
fn head_len(number: usize) -> usize {
    match number {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    }
}

fn bytes_len(length: usize) -> usize {
    head_len(length) + length
}

fn route_len(route: &Route) -> usize {
    let stop_len =
        |stop: &Address| 1 + head_len(stop.transport().into()) + bytes_len(stop.bytes().len());
    head_len(route.len()) + route.iter().map(stop_len).sum::<usize>()
}

fn malformed<E>(_: E) -> MessageError {
    MessageError::Malformed
}

/// The number of fields of an array that has to have at least so many.
fn array(decoder: &mut Decoder<'_>, least: u64) -> Result<u64, MessageError> {
    let fields = decoder.array().map_err(malformed)?;
    fields.filter(|fields| *fields >= least).ok_or(MessageError::Malformed)
}

fn bytes<'a>(decoder: &mut Decoder<'a>) -> Result<&'a [u8], MessageError> {
    decoder.bytes().map_err(malformed)
}

fn skip(decoder: &mut Decoder<'_>, values: u64) -> Result<(), MessageError> {
    (0..values).try_for_each(|_| decoder.skip().map_err(malformed))
}

fn route(decoder: &mut Decoder<'_>) -> Result<Route, MessageError> {
    let mut route = Route::new();
    for _ in 0..array(decoder, 0)? {
        if route.len() == MAX_HOPS {
            return Err(MessageError::Stops);
        }
        let fields = array(decoder, 2)?;
        let transport = decoder.u64().map_err(malformed)?;
        let transport = u8::try_from(transport).map_err(|_| MessageError::Stop)?;
        let stop = bytes(decoder)?;
        if !(1..=MAX_BYTES).contains(&stop.len()) {
            return Err(MessageError::Stop);
        }
        skip(decoder, fields - 2)?;
        route.push(Address::new(transport, stop));
    }
    Ok(route)
}
