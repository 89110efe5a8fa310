//! Sealing and opening: the vectors, and every order in which messages may come.

use proptest::prelude::*;
use skep_protocol::{Route, route};

use super::*;
use crate::cipher::{Key, REKEY};
use crate::message::Message;
use crate::testing::vectors::{CLOSE_33, K2, K2_REKEYED, PLAIN, SEALED_0, SEALED_32};
use crate::testing::{hex, text};

fn key() -> [u8; 32] {
    hex(K2).try_into().expect("32 bytes")
}

fn ends() -> (Sealer, Opener) {
    (Sealer::new(&key()), Opener::new(&key()))
}

/// The message of the vectors.
fn hi() -> Message<'static> {
    Message::Payload { onward: route!["echoer"], back: route!["me"], payload: b"hi" }
}

fn seal(sealer: &mut Sealer, message: &Message<'_>) -> Vec<u8> {
    let mut sealed = Vec::new();
    sealer.seal(message, &mut sealed).expect("there are nonces left");
    assert_eq!(sealed.len(), message.sealed_len());
    sealed
}

/// So many messages, each with its number.
fn numbered(sealer: &mut Sealer, count: u64) -> Vec<Vec<u8>> {
    let message = |number: u64| {
        let payload = number.to_be_bytes();
        let (onward, back) = (Route::new(), Route::new());
        let mut sealed = Vec::new();
        sealer
            .seal(&Message::Payload { onward, back, payload: &payload }, &mut sealed)
            .expect("there are nonces left");
        sealed
    };
    (0..count).map(message).collect()
}

/// Opens a copy; the number that was in it.
fn open(opener: &mut Opener, sealed: &[u8]) -> Result<u64, OpenError> {
    let mut copy = sealed.to_vec();
    let before = format!("{opener:?}");
    let opened = opener.open(&mut copy).inspect_err(|_| {
        assert_eq!(copy, sealed, "what is refused is left as it was");
        assert_eq!(format!("{opener:?}"), before, "and changes nothing");
    })?;
    match Message::decode(&copy[opened.text]).expect("what was sealed") {
        Message::Payload { payload, .. } => {
            Ok(u64::from_be_bytes(payload.try_into().expect("a number")))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn sealed_messages_are_those_of_the_vectors() {
    let (mut sealer, mut opener) = ends();
    for nonce in 0..=32 {
        let mut sealed = seal(&mut sealer, &hi());
        match nonce {
            0 => assert_eq!(text(&sealed), SEALED_0),
            32 => assert_eq!(text(&sealed), SEALED_32),
            _ => {}
        }
        let opened = opener.open(&mut sealed).expect("in order");
        assert_eq!(opened.is_newest, nonce != 0);
        assert_eq!(text(&sealed[opened.text.clone()]), PLAIN);
        assert_eq!(Message::decode(&sealed[opened.text]), Ok(hi()));
    }
    let mut sealed = seal(&mut sealer, &Message::Close);
    assert_eq!(text(&sealed), CLOSE_33);
    let opened = opener.open(&mut sealed).expect("in order");
    assert_eq!(Message::decode(&sealed[opened.text]), Ok(Message::Close));
}

#[test]
fn the_next_key_is_that_of_the_vectors() {
    assert_eq!(text(&Key::new(&key()).next_bytes()[..]), K2_REKEYED);
}

#[test]
fn thirty_one_lost_messages_are_survived_and_thirty_two_are_not() {
    for start in [0, 1, 20, 31, 32, 33, 63, 64, 100] {
        for (lost, survives) in
            [(0, true), (1, true), (30, true), (31, true), (32, false), (33, false)]
        {
            let (mut sealer, mut opener) = ends();
            let sealed = numbered(&mut sealer, start + 200);
            for message in &sealed[..=usize::try_from(start).expect("small")] {
                assert!(open(&mut opener, message).is_ok());
            }
            let next = start + 1 + lost;
            let rest = (next..start + 200)
                .map(|number| open(&mut opener, &sealed[usize::try_from(number).expect("small")]));
            let expected =
                |number| if survives { Ok(number) } else { Err(OpenError::Nonce(number)) };
            assert!(rest.eq((next..start + 200).map(expected)), "{start}, {lost} lost");
        }
    }
}

#[test]
fn nothing_is_opened_twice() {
    let (mut sealer, mut opener) = ends();
    let sealed = numbered(&mut sealer, 100);
    for (number, message) in sealed.iter().enumerate() {
        assert!(open(&mut opener, message).is_ok());
        for (earlier, message) in sealed[..=number].iter().enumerate() {
            assert_eq!(open(&mut opener, message), Err(OpenError::Nonce(earlier as u64)));
        }
    }
}

#[test]
fn the_window_has_its_edges() {
    let (mut sealer, mut opener) = ends();
    let sealed = numbered(&mut sealer, 200);
    assert_eq!(
        open(&mut opener, &sealed[33]),
        Err(OpenError::Nonce(33)),
        "0 is the highest at first"
    );
    assert_eq!(open(&mut opener, &sealed[32]), Ok(32));
    assert_eq!(open(&mut opener, &sealed[0]), Ok(0), "exactly 32 behind");
    assert_eq!(open(&mut opener, &sealed[40]), Ok(40));
    assert_eq!(open(&mut opener, &sealed[7]), Err(OpenError::Nonce(7)), "33 behind");
    assert_eq!(open(&mut opener, &sealed[8]), Ok(8));
    assert_eq!(open(&mut opener, &sealed[72]), Ok(72));
    assert_eq!(open(&mut opener, &sealed[105]), Err(OpenError::Nonce(105)), "33 ahead");
    assert_eq!(open(&mut opener, &sealed[104]), Ok(104));
}

#[test]
fn no_byte_of_a_sealed_message_can_be_changed() {
    for nonce in [0, 31, 32, 50] {
        let (mut sealer, mut opener) = ends();
        let sealed = numbered(&mut sealer, nonce + 1);
        let (last, before) = sealed.split_last().expect("one at least");
        for message in before {
            open(&mut opener, message).expect("in order");
        }
        for at in 0..last.len() {
            for bit in 0..8 {
                let mut damaged = last.clone();
                damaged[at] ^= 1 << bit;
                assert!(open(&mut opener, &damaged).is_err(), "bit {bit} of byte {at}");
            }
        }
        for length in 0..last.len() {
            assert!(open(&mut opener, &last[..length]).is_err());
        }
        assert_eq!(open(&mut opener, last), Ok(nonce), "and no harm is done");
    }
}

/// G8.10: the nonce that makes the next key is never one of a message.
#[test]
fn nonces_end_before_the_one_of_rekeying() {
    let (mut sealer, mut opener) = ends();
    sealer.nonce = REKEY - 1;
    seal(&mut sealer, &Message::Close);
    let mut out = vec![7];
    assert_eq!(sealer.seal(&Message::<Route>::Close, &mut out), Err(SealError));
    assert_eq!(sealer.seal(&Message::<Route>::Close, &mut out), Err(SealError));
    assert_eq!(out, [7]);
    for nonce in [REKEY, REKEY - 1, 1 << 63] {
        let mut message = [&nonce.to_be_bytes()[..], &[0; 32]].concat();
        assert_eq!(opener.open(&mut message), Err(OpenError::Nonce(nonce)));
    }
}

#[test]
fn each_direction_has_its_own_key() {
    let (mut sealer, mut other) = (Sealer::new(&[1; 32]), Opener::new(&[2; 32]));
    assert_eq!(other.open(&mut seal(&mut sealer, &hi())), Err(OpenError::Forged));
}

/// What happens to a message on its way.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Comes,
    IsLost,
    ComesTwice,
    ComesDamaged(usize),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Comes),
        1 => Just(Fate::IsLost),
        1 => Just(Fate::ComesTwice),
        1 => (0_usize..1000).prop_map(Fate::ComesDamaged),
    ]
}

/// Which of these come, in which order: each is put off by less than the window.
fn order(fates: &[(Fate, usize)]) -> Vec<usize> {
    let mut order: Vec<_> = (0..fates.len()).collect();
    order.sort_by_key(|&number| (number + fates[number].1, number));
    order
}

proptest! {
    /// As long as nothing is put off by as much as the window, all that comes is opened,
    /// once, and damage has no effect on the rest.
    #[test]
    fn whatever_comes_is_opened_once(fates in prop::collection::vec((fate(), 0_usize..16), 1..300)) {
        let (mut sealer, mut opener) = ends();
        let sealed = numbered(&mut sealer, fates.len() as u64);
        let mut lost_in_a_row = 0;
        for number in order(&fates) {
            let (message, value) = (&sealed[number], number as u64);
            match fates[number].0 {
                // More than 15 in a row, beside the disorder, would be beyond the window.
                Fate::IsLost if lost_in_a_row < 8 => {
                    lost_in_a_row += 1;
                    continue;
                }
                Fate::Comes | Fate::IsLost => prop_assert_eq!(open(&mut opener, message), Ok(value)),
                Fate::ComesTwice => {
                    prop_assert_eq!(open(&mut opener, message), Ok(value));
                    prop_assert_eq!(open(&mut opener, message), Err(OpenError::Nonce(value)));
                }
                Fate::ComesDamaged(at) => {
                    let mut damaged = message.clone();
                    damaged[at % message.len()] ^= 1;
                    prop_assert!(open(&mut opener, &damaged).is_err());
                    prop_assert_eq!(open(&mut opener, message), Ok(value));
                }
            }
            lost_in_a_row = 0;
        }
    }

    /// The window says of any sequence of nonces what a list of all that came says.
    #[test]
    fn the_window_is_a_list_of_what_came(steps in prop::collection::vec((any::<bool>(), 0_u64..40), 1..400)) {
        let (mut window, mut came, mut highest) = (window::Window::default(), Vec::new(), 0_u64);
        for (ahead, distance) in steps {
            let nonce = if ahead { highest + distance } else { highest.saturating_sub(distance) };
            let admitted = nonce <= highest + 32 && nonce + 32 >= highest && !came.contains(&nonce);
            prop_assert_eq!(window.admits(nonce), admitted);
            if admitted {
                prop_assert_eq!(window.note(nonce), nonce > highest);
                came.push(nonce);
                highest = highest.max(nonce);
            }
            prop_assert_eq!(window.highest(), highest);
        }
    }

    #[test]
    fn any_bytes_are_refused_and_change_nothing(bytes in prop::collection::vec(any::<u8>(), 0..100), nonce in 0_u64..40) {
        let (mut sealer, mut opener) = ends();
        let first = &numbered(&mut sealer, 1)[0];
        let near = [&nonce.to_be_bytes()[..], &bytes].concat();
        prop_assert!(open(&mut opener, &bytes).is_err());
        prop_assert!(open(&mut opener, &near).is_err());
        prop_assert_eq!(open(&mut opener, first), Ok(0));
    }
}
