//! What a peer declares costs nothing: memory follows the bytes that have come.

use allocation_counter::measure;
use proptest::prelude::*;
use skep_protocol::frame::{Decoder, Frame, FrameError, MAX_FRAME, VERSION};
use skep_protocol::route::MAX_HOPS;
use skep_protocol::{Address, Route, route};

/// The room that a buffer is born with, and what an allocator is asked for besides.
const SLACK: u64 = 64;

fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&[VERSION], &length.to_be_bytes()[..], body].concat()
}

/// What `bytes` are, and the most memory that was in use while they were read.
fn read(bytes: &[u8]) -> (Result<usize, FrameError>, u64) {
    let mut outcome = Ok(0);
    let used = measure(|| {
        let mut decoder = Decoder::new(MAX_FRAME);
        decoder.push(bytes);
        let mut frames = 0;
        outcome = loop {
            match decoder.next_frame() {
                Ok(Some(_)) => frames += 1,
                Ok(None) => break Ok(frames),
                Err(why) => break Err(why),
            }
        };
    });
    (outcome, used.bytes_max)
}

#[test]
fn a_declared_frame_waits_for_its_bytes() {
    let (outcome, most) = read(&[VERSION, 1, 0, 0, 0, 0x83]);
    assert_eq!(outcome, Ok(0));
    assert!(most <= SLACK, "{most} bytes");
}

#[test]
fn what_is_declared_within_a_frame_is_not_believed() {
    let long = [0xff; 8];
    let routes = [&[0x83, 0x9b], &long[..]].concat();
    let payload = [&[0x83, 0x80, 0x80, 0x5b], &long[..]].concat();
    let address = [&[0x83, 0x81, 0x82, 0x00, 0x5b], &long[..]].concat();
    let tracing = [&[0x84, 0x80, 0x80, 0x40, 0x7b], &long[..]].concat();
    let ignored = [&[0x85, 0x80, 0x80, 0x40, 0xf6, 0xbb], &long[..]].concat();
    for body in [routes, payload, address, tracing, ignored] {
        let bytes = framed(&body);
        let (outcome, most) = read(&bytes);
        assert_eq!(outcome, Err(FrameError::Truncated));
        assert!(most <= SLACK, "{most} bytes for {body:?}");
    }
}

#[test]
fn nothing_is_allocated_for_a_frame_that_is_refused() {
    // A good payload of 1 MiB behind two good routes, and then no text.
    let good = Frame { onward: route!["a"], back: route!["b"], payload: vec![0; 1 << 20] };
    let mut bytes = vec![VERSION];
    good.encode(&mut bytes).expect("it can be sent");
    let length = u32::try_from(bytes.len() - 4).expect("short").to_be_bytes();
    bytes[1..5].copy_from_slice(&length);
    bytes[5] = 0x84;
    bytes.push(0x40);

    let mut decoder = Decoder::new(MAX_FRAME);
    decoder.push(&bytes);
    let used = measure(|| assert!(decoder.next_frame().is_err()));
    assert_eq!(used.count_total, 0);
}

/// A large frame once does not cost its memory for good.
#[test]
fn memory_is_given_back() {
    let large = Frame { payload: vec![0; 8 << 20], ..Frame::default() };
    let mut bytes = vec![VERSION];
    large.encode(&mut bytes).expect("it can be sent");
    bytes.extend([0, 0, 0, 9, 0x83]);
    let mut decoder = Decoder::new(MAX_FRAME);
    let used = measure(|| {
        for piece in bytes.chunks(64 << 10) {
            decoder.push(piece);
            while let Ok(Some(frame)) = decoder.next_frame() {
                assert_eq!(frame, large);
            }
        }
    });
    assert_eq!(decoder.held(), 5);
    assert!(used.bytes_max > 8 << 20 && used.bytes_current <= 128 << 10, "{used:?}");
}

proptest! {
    #[test]
    fn memory_follows_what_came(bytes: Vec<u8>, framed_right: bool) {
        let bytes = if framed_right { framed(&bytes) } else { [&[VERSION], &bytes[..]].concat() };
        let (_, most) = read(&bytes);
        prop_assert!(most <= 4 * bytes.len() as u64 + SLACK, "{} bytes for {}", most, bytes.len());
    }

    /// A stop of one byte takes four on the wire and thirty-two in memory, more while the
    /// route grows. Nothing is dearer.
    #[test]
    fn the_dearest_bytes_are_short_stops(stops in 0_usize..=MAX_HOPS, payload in 0_usize..200) {
        let back: Route = std::iter::repeat_n(Address::local(b"a"), stops).collect();
        let frame = Frame { back, payload: vec![0; payload], ..Frame::default() };
        let mut bytes = vec![VERSION];
        frame.encode(&mut bytes).expect("it can be sent");
        let (outcome, most) = read(&bytes);
        prop_assert_eq!(outcome, Ok(1));
        prop_assert!(most <= 24 * bytes.len() as u64 + SLACK, "{} bytes for {}", most, bytes.len());
    }
}
