//! Frames as Ockam has sent and answered them, what it closes a connection for, and frames
//! that nobody has thought of.

use alloc::string::{String, ToString};
use alloc::{format, vec};
use core::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::address::{Address, AddressError, TCP};
use crate::route;
use crate::route::MAX_HOPS;

mod vectors;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().map(|c| c.to_digit(16).expect("a digit")).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte")).collect()
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all");
    }
    text
}

/// A decoder to which the other side has said hello.
fn greeted(limit: usize) -> Decoder {
    let mut decoder = Decoder::new(limit);
    decoder.push(&[VERSION]);
    decoder
}

/// All frames of a stream that begins after the version.
fn decode(pieces: &[&[u8]]) -> Result<Vec<Frame>, FrameError> {
    let mut decoder = greeted(MAX_FRAME);
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(frame) = decoder.next_frame()? {
            frames.push(frame);
        }
    }
    assert_eq!(decoder.held(), 0, "it waits for more");
    Ok(frames)
}

/// The only frame in these bytes.
#[track_caller]
fn only(bytes: &[u8]) -> Frame {
    let mut frames = decode(&[bytes]).expect("a frame");
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

fn encoded(frame: &Frame) -> Vec<u8> {
    let mut out = vec![];
    frame.encode(&mut out).expect("it can be sent");
    out
}

/// A frame whose length is that of `body`.
fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short");
    [&length.to_be_bytes(), body].concat()
}

/// The connection is closed for a frame of these bytes.
#[track_caller]
fn closes(body: &str, why: FrameError) {
    assert_eq!(decode(&[&framed(&hex(body))]), Err(why), "{body}");
}

#[test]
fn the_version_comes_first() {
    let mut decoder = Decoder::new(MAX_FRAME);
    assert_eq!(decoder.next_frame(), Ok(None));
    assert!(!decoder.is_greeted());
    decoder.push(&[VERSION]);
    assert_eq!(decoder.next_frame(), Ok(None));
    assert!(decoder.is_greeted());
    assert_eq!(decoder.held(), 0);

    for first in [0, 2, b'G'] {
        let mut decoder = Decoder::new(MAX_FRAME);
        decoder.push(&[first, VERSION]);
        assert_eq!(decoder.next_frame(), Err(FrameError::Version(first)));
        assert!(!decoder.is_greeted());
    }
}

#[test]
fn an_error_is_for_good_and_keeps_nothing() {
    let mut decoder = greeted(MAX_FRAME);
    decoder.push(&hex("0000000000"));
    assert_eq!(decoder.next_frame(), Err(FrameError::Empty));
    decoder.push(&encoded(&Frame::default()));
    assert_eq!(decoder.next_frame(), Err(FrameError::Empty));
    assert_eq!(decoder.held(), 0);
}

/// G8.3.
#[test]
fn a_declared_length_beyond_the_limit_is_refused_at_once() {
    let declares = |limit, length: &str| {
        let mut decoder = greeted(limit);
        decoder.push(&hex(length));
        decoder.next_frame()
    };
    assert_eq!(declares(usize::MAX, "01000000"), Ok(None));
    let too_long = |bytes, most| Err(FrameError::TooLong { bytes, most });
    assert_eq!(declares(usize::MAX, "01000001"), too_long((16 << 20) + 1, MAX_FRAME));
    assert_eq!(declares(MAX_FRAME, "ffffffff"), too_long(u32::MAX.into(), MAX_FRAME));
    assert_eq!(declares(1000, "000003e8"), Ok(None));
    assert_eq!(declares(1000, "000003e9"), too_long(1001, 1000));
}

#[test]
fn the_largest_frame_there_is() {
    let routes = Frame { onward: route!["echoer"], back: route!["me"], payload: vec![] };
    // The payload's own length takes five bytes instead of one.
    let room = MAX_FRAME - (encoded(&routes).len() - LENGTH) - 4;
    let frame = Frame { payload: vec![7; room], ..routes };
    let bytes = encoded(&frame);
    assert_eq!(bytes.len(), LENGTH + MAX_FRAME);
    assert_eq!(only(&bytes), frame);

    let mut out = vec![1, 2];
    for more in [1, 1 << 20] {
        let frame = Frame { payload: vec![7; room + more], ..frame.clone() };
        assert!(matches!(frame.encode(&mut out), Err(FrameError::TooLong { most: MAX_FRAME, .. })));
        assert_eq!(out, [1, 2], "nothing is appended");
    }
}

/// G7.3: before anything is made of what is declared.
#[test]
fn routes_have_bounds() {
    let with = |stops: usize, length: usize| Frame {
        back: core::iter::repeat_n(Address::new(TCP, &vec![b'a'; length]), stops).collect(),
        ..Frame::default()
    };
    let most = with(MAX_HOPS, 255);
    assert_eq!(only(&encoded(&most)), most);
    let refused = |frame: Frame, why| {
        assert_eq!(frame.encode(&mut vec![]), Err(why));
    };
    refused(with(MAX_HOPS + 1, 1), FrameError::Stops);
    refused(with(1, 0), FrameError::Address(AddressError::Empty));
    refused(with(1, 256), FrameError::Address(AddressError::TooLong));

    let stop = "82004161";
    let stops = |head: &str, count: usize| format!("83{head}{}8040", stop.repeat(count));
    closes(&stops("9821", 33), FrameError::Stops);
    // As many as the first stops say, whatever is declared.
    closes(&stops("9bffffffffffffffff", 33), FrameError::Stops);
    closes(&stops("9bffffffffffffffff", 2), FrameError::Unexpected { at: 19, wanted: ADDRESS });
    closes("838182004080", FrameError::Address(AddressError::Empty));
    closes(
        &format!("83818200590100{}8040", "61".repeat(256)),
        FrameError::Address(AddressError::TooLong),
    );
}

const ADDRESS: &str = "an address, which is an array of a transport type and bytes";

#[test]
fn errors_are_words() {
    let error = FrameError::Unexpected { at: 7, wanted: "a payload, which is bytes" };
    assert_eq!(error.to_string(), "at byte 7 of a frame should be a payload, which is bytes");
    let error = FrameError::Address(AddressError::Empty);
    assert_eq!(error.to_string(), "in a frame, an address is empty");
}

fn any_route() -> impl Strategy<Value = Route> {
    let stop = (any::<u8>(), prop::collection::vec(any::<u8>(), 1..=255));
    let stops = prop::collection::vec(stop, 0..=MAX_HOPS);
    stops.prop_map(|stops| {
        stops.iter().map(|(transport, bytes)| Address::new(*transport, bytes)).collect()
    })
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let payload = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..300),
        1 => (65_530_usize..65_540).prop_map(|length| vec![9; length]),
    ];
    (any_route(), any_route(), payload).prop_map(|(onward, back, payload)| Frame {
        onward,
        back,
        payload,
    })
}

/// Bytes in pieces of these lengths, in turn.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = vec![];
    for length in lengths.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*length).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

proptest! {
    #[test]
    fn what_is_sent_arrives_in_whatever_pieces(
        frames in prop::collection::vec(any_frame(), 1..4),
        lengths in prop::collection::vec(1_usize..5_000, 1..4),
    ) {
        let bytes: Vec<_> = frames.iter().flat_map(encoded).collect();
        prop_assert_eq!(decode(&pieces(&bytes, &lengths)), Ok(frames));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, framed_right: bool, limit in 0_usize..100) {
        let bytes = if framed_right { framed(&bytes) } else { bytes };
        let mut decoder = greeted(limit);
        decoder.push(&bytes);
        while let Ok(Some(frame)) = decoder.next_frame() {
            prop_assert!(frame.payload.len() <= limit && only(&encoded(&frame)) == frame);
        }
        prop_assert!(decoder.held() <= bytes.len());
    }

    /// One byte of a good frame is another.
    #[test]
    fn damaged_frames_do_no_harm(frame in any_frame(), at: prop::sample::Index, byte: u8) {
        let mut bytes = encoded(&frame);
        let at = LENGTH + at.index(bytes.len() - LENGTH);
        bytes[at] = byte;
        if let Ok(frames) = decode(&[&bytes]) {
            prop_assert_eq!(frames.len(), 1);
        }
    }
}
