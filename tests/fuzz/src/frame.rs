//! Frames between nodes. The first byte says how the rest is read: as a stream, as the one
//! frame of a stream, or as a recipe for frames that may be sent.

use arbitrary::Unstructured;
use skep_protocol::address::MAX_BYTES;
use skep_protocol::frame::{Decoder, Frame, FrameError, MAX_FRAME, VERSION};
use skep_protocol::route::MAX_HOPS;
use skep_protocol::{Address, Route};

/// A limit of one's own, low enough to be reached.
const LIMIT: usize = 4 << 10;

/// What a stream is: its frames, and why it broke off.
type Stream = (Vec<Frame>, Option<FrameError>);

/// The target.
pub fn body(data: &[u8]) {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    let piece = usize::from(how / 3) + 1;
    match how % 3 {
        0 => stream(data, piece),
        1 => stream(&[&[VERSION], &length(data.len())[..], data].concat(), piece),
        // Bytes that end too early are a short recipe.
        _ => sent(&mut Unstructured::new(data), piece).unwrap_or_default(),
    }
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("inputs are short").to_be_bytes()
}

/// Whatever comes, in whatever pieces, it is the same; and what is a frame can be sent on.
fn stream(wire: &[u8], piece: usize) {
    let (frames, error) = decode(wire.chunks(piece), LIMIT);
    assert_eq!(decode([wire].into_iter(), LIMIT), (frames.clone(), error));
    for frame in &frames {
        assert!(frame.payload.len() <= LIMIT);
        for route in [&frame.onward, &frame.back] {
            assert!(route.len() <= MAX_HOPS);
            assert!(route.iter().all(|stop| (1..=MAX_BYTES).contains(&stop.bytes().len())));
        }
        let mut wire = vec![VERSION];
        frame.encode(&mut wire).expect("what came can go on");
        assert_eq!(decode([&wire[..]].into_iter(), MAX_FRAME), (vec![frame.clone()], None));
    }
}

/// All of a stream, and what holds at each of its pieces.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>, limit: usize) -> Stream {
    let mut decoder = Decoder::new(limit);
    let mut frames = Vec::new();
    let mut came = 0;
    for piece in pieces {
        decoder.push(piece);
        came += piece.len();
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(why) => {
                    decoder.push(piece);
                    assert_eq!(decoder.next_frame(), Err(why), "an error is for good");
                    assert_eq!(decoder.held(), 0);
                    assert!(!why.to_string().is_empty());
                    return (frames, Some(why));
                }
            }
        }
        assert!(decoder.held() <= came.min(limit + 4));
    }
    (frames, None)
}

/// What can be sent arrives, and what cannot is refused for its reason.
fn sent(recipe: &mut Unstructured<'_>, piece: usize) -> arbitrary::Result<()> {
    let mut wire = vec![VERSION];
    let mut frames = Vec::new();
    while !recipe.is_empty() {
        let frame = Frame {
            onward: route(recipe)?,
            back: route(recipe)?,
            payload: recipe.arbitrary::<&[u8]>()?.to_vec(),
        };
        let before = wire.len();
        match frame.encode(&mut wire) {
            Ok(()) => frames.push(frame),
            Err(why) => {
                unsendable(&frame, why);
                assert_eq!(wire.len(), before, "nothing is appended");
            }
        }
    }
    assert_eq!(decode(wire.chunks(piece), MAX_FRAME), (frames, None));
    Ok(())
}

/// A frame is not sent for the reason that is given.
fn unsendable(frame: &Frame, why: FrameError) {
    let fits = |stop: &Address| (1..=MAX_BYTES).contains(&stop.bytes().len());
    match why {
        FrameError::Stops => assert!(frame.onward.len().max(frame.back.len()) > MAX_HOPS),
        FrameError::Address(_) => assert!(!frame.onward.iter().chain(&frame.back).all(fits)),
        why => panic!("{why}"),
    }
}

fn route(recipe: &mut Unstructured<'_>) -> arbitrary::Result<Route> {
    let stops = recipe.int_in_range(0..=MAX_HOPS + 1)?;
    let mut route = Route::new();
    for _ in 0..stops {
        let (transport, length) = (recipe.arbitrary()?, recipe.int_in_range(0..=MAX_BYTES + 1)?);
        let length = length.min(recipe.len());
        route.push(Address::new(transport, recipe.bytes(length)?));
    }
    Ok(route)
}
