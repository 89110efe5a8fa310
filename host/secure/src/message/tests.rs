//! The inner message: the vectors, every form that is taken, and what is refused.

use proptest::prelude::*;
use skep_protocol::route;

use super::*;
use crate::testing::vectors::{HISTORY, PLAIN};
use crate::testing::{hex, text};

fn encoded(message: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    message.encode(&mut out);
    assert_eq!(out.len() + OVERHEAD, message.sealed_len());
    out
}

#[track_caller]
fn refused(bytes: &str, why: MessageError) {
    assert_eq!(Message::decode(&hex(bytes)), Err(why), "{bytes}");
}

#[test]
fn forms_of_the_vectors() {
    let hi = Message::Payload { onward: route!["echoer"], back: route!["me"], payload: b"hi" };
    assert_eq!(text(&encoded(&hi)), PLAIN);
    assert_eq!(Message::decode(&hex(PLAIN)), Ok(hi));
    assert_eq!(text(&encoded(&Message::Close)), "8282028040");
    assert_eq!(Message::decode(&hex("8282028040")), Ok(Message::Close));
    let history = hex(HISTORY);
    let refresh = Message::Refresh { history: &history, credentials: Credentials::default() };
    assert_eq!(text(&encoded(&refresh)), format!("8282018182{HISTORY}8040"));
    assert_eq!(Message::decode(&encoded(&refresh)), Ok(refresh));
    let with_credentials = hex(&format!("8282018182{HISTORY}8201420708 40"));
    let refresh = Message::decode(&with_credentials).expect("all is right");
    assert_eq!(encoded(&refresh), with_credentials);
}

/// Padding, and fields that a later version may add.
#[test]
fn what_is_ignored() {
    let empty = Message::Payload { onward: Route::new(), back: Route::new(), payload: &[] };
    for bytes in [
        "8282008183808040 40",
        "8282008183808040 43000000",
        "8382008183808040 40 f6",
        "8283008183808040 01 40",
        "8282008283808040 01 40",
        "8282008184808040 6161 40",
        "82821800818380804040",
    ] {
        let bytes = hex(bytes);
        assert_eq!(Message::decode(&bytes), Ok(empty.clone()), "{}", text(&bytes));
    }
    let stop = hex("8282008183 8183004161f6 80 40 40");
    let with_stop = Message::Payload { onward: route!["a"], back: Route::new(), payload: &[] };
    assert_eq!(Message::decode(&stop), Ok(with_stop));
}

#[test]
fn what_is_refused() {
    use MessageError as Why;
    refused("", Why::Malformed);
    refused("8282028040f6", Why::Malformed);
    refused("82820280", Why::Malformed);
    refused("8282030040", Why::Kind(3));
    refused("81820280", Why::Malformed);
    refused("82810240", Why::Malformed);
    refused("828200818280804040", Why::Malformed);
    refused("8282008183808060 40", Why::Malformed);
    refused("8282008183818119010061618040 40", Why::Malformed);
    refused("828200818381821901004161804040", Why::Stop);
    refused("8282008183818200408040 40", Why::Stop);
    refused("9b7fffffffffffffff", Why::Malformed);
    refused("8282008183809b7fffffffffffffff", Why::Malformed);
    refused("82820081838080 5b7fffffffffffffff", Why::Malformed);
}

#[test]
fn routes_have_their_bounds() {
    let of = |stops, bytes| -> Route {
        std::iter::repeat_n(Address::local(&vec![b'x'; bytes]), stops).collect()
    };
    for (stops, bytes, why) in [
        (MAX_HOPS, MAX_BYTES, None),
        (MAX_HOPS + 1, 1, Some(MessageError::Stops)),
        (1, MAX_BYTES + 1, Some(MessageError::Stop)),
    ] {
        let onward = of(stops, bytes);
        let message = Message::Payload { onward, back: Route::new(), payload: &[] };
        let bytes = encoded(&message);
        assert_eq!(Message::decode(&bytes).err(), why);
    }
}

fn route() -> impl Strategy<Value = Route> {
    let stop = (any::<u8>(), prop::collection::vec(any::<u8>(), 1..=MAX_BYTES));
    let stop = stop.prop_map(|(transport, bytes)| Address::new(transport, &bytes));
    prop::collection::vec(stop, 0..6).prop_map(|stops| stops.into_iter().collect())
}

proptest! {
    #[test]
    fn what_is_written_is_read(onward in route(), back in route(), payload: Vec<u8>, length in 0_usize..70_000) {
        let long = vec![7; length];
        for payload in [&payload[..], &long[..]] {
            let message = Message::Payload { onward: onward.clone(), back: back.clone(), payload };
            let bytes = encoded(&message);
            prop_assert_eq!(Message::decode(&bytes), Ok(message));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        if let Ok(message) = Message::decode(&bytes) {
            let again = encoded(&message);
            prop_assert_eq!(Message::decode(&again), Ok(message));
        }
    }
}
