//! Two nodes with a wire between, without the nodes and the wire.

use std::collections::HashSet;
use std::time::Duration;

use skep_protocol::route;

use super::*;
use crate::handshake::HandshakeError;
use crate::presented::Refusal;
use crate::testing::vectors::NOW;
use crate::testing::{Open as Trusting, identity, initiator, responder, seed};
use crate::transport::OpenError;
use crate::trust::Trust;

fn ends(byte: u8) -> Ends {
    Ends::new([byte; 32])
}

/// What a receiving node does: its own address for the connection comes first.
fn through(connection: &str, mut out: Outgoing) -> Outgoing {
    out.back.push_front(connection.into());
    out
}

fn asking(source: u8, number: u8, out: &Outgoing) -> Asking<'_, u8> {
    let ephemeral = seed(0x66);
    let back = out.back.clone();
    // Those of one ten are of one host.
    let group = source / 10;
    Asking { source, group, back, message1: &out.payload, ends: ends(number), ephemeral }
}

fn connect() -> (Connecting, Outgoing) {
    let to = route!["connection", "secure"];
    Connecting::start(&initiator(), ends(1), seed(0x55), to, NOW).expect("valid")
}

/// Both ends of a channel, I's first; I is `connection` to R, and R is to I.
fn open() -> (Open, Open) {
    let trusting = Trusting::new();
    let (start, message1) = connect();
    let mut listener = Listener::new(Limits::default());
    let message1 = through("connection", message1);
    let asked = listener.ask(&responder(), asking(7, 2, &message1), NOW, Duration::ZERO);
    let asked = asked.expect("all is right");
    assert_eq!(asked.message2.onward, message1.back);
    assert_eq!(asked.message2.back, Route::from(&asked.ends.decryptor));
    let message2 = through("connection", asked.message2);
    let (one, message3) =
        start.finish(message2.back, &message2.payload, trusting.judge()).expect("all is right");
    assert_eq!(message3.onward, route!["connection", &asked.ends.decryptor]);
    assert_eq!(message3.back, Route::from(&one.ends.decryptor));
    let message3 = through("connection", message3);
    let other = listener
        .answer(&asked.ends.decryptor, message3.back, &message3.payload, trusting.judge())
        .expect("all is right");
    assert_eq!(listener.half_open(), 0);
    (one, other)
}

fn send(from: &mut Open, onward: Route, back: Route, payload: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    from.sending.seal(&onward, &back, payload, &mut sealed).expect("it is open");
    assert_eq!(sealed.len(), Sending::sealed_len(&onward, &back, payload));
    sealed
}

fn receive(to: &mut Open, back: &Route, payload: Vec<u8>) -> Result<Received, ReceiveError> {
    to.receiving.receive(back, payload, &Trusting::new().known)
}

#[test]
fn addresses_are_as_ockam_makes_them() {
    let mut random = [0xab; 32];
    random[16..].copy_from_slice(&[0x01; 16]);
    let ends = Ends::new(random);
    assert_eq!(ends.encryptor, Address::local("ab".repeat(16).as_bytes()));
    assert_eq!(ends.decryptor, Address::local("01".repeat(16).as_bytes()));
}

#[test]
fn messages_go_both_ways() {
    let (mut one, mut other) = open();
    assert_eq!(one.peer().identifier(), responder().identifier());
    assert_eq!(other.peer().identifier(), initiator().identifier());
    assert_eq!(one.sending.way(), &route!["connection", &other.ends.decryptor]);
    assert_eq!(other.sending.way(), &route!["connection", &one.ends.decryptor]);
    for number in 0..200_u8 {
        let payload = vec![number; usize::from(number)];
        let sealed = send(&mut one, route!["h1", "echoer"], route!["me"], &payload);
        let got = receive(&mut other, &route!["connection"], sealed).expect("in order");
        let back = route![&other.ends.encryptor, "me"];
        let what = What::Message { onward: route!["h1", "echoer"], back, payload };
        assert_eq!(got, Received { what, moved: None });
    }
    let sealed = send(&mut other, route!["me"], route!["echoer"], b"hi");
    let got = receive(&mut one, &route!["connection"], sealed).expect("in order");
    let back = route![&one.ends.encryptor, "echoer"];
    assert_eq!(got.what, What::Message { onward: route!["me"], back, payload: b"hi".to_vec() });
}

#[test]
fn answers_follow_the_initiator_and_not_the_responder() {
    let (mut one, mut other) = open();
    let first = send(&mut one, route!["a"], route!["b"], b"");
    let got = receive(&mut other, &route!["another"], first).expect("in order");
    assert_eq!(got.moved, None, "the first message does not move it");
    let late = send(&mut one, route!["a"], route!["b"], b"");
    let newest = send(&mut one, route!["a"], route!["b"], b"");
    let moved = receive(&mut other, &route!["x", "y"], newest).expect("in the window").moved;
    let way = route!["x", "y", &one.ends.decryptor];
    assert_eq!(moved, Some(way.clone()));
    assert_eq!(receive(&mut other, &route!["old"], late).expect("in the window").moved, None);
    other.sending.follow(way.clone());
    assert_eq!(other.sending.way(), &way);
    for _ in 0..3 {
        let answer = send(&mut other, route!["b"], route!["a"], b"");
        assert_eq!(receive(&mut one, &route!["elsewhere"], answer).expect("in order").moved, None);
    }
}

#[test]
fn what_a_stranger_sends_moves_nothing() {
    let (mut one, mut other) = open();
    let mut forged = send(&mut one, route!["a"], route!["b"], b"");
    forged[7] = 5;
    let outcome = receive(&mut other, &route!["stranger"], forged);
    assert_eq!(outcome, Err(OpenError::Forged.into()));
    let next = send(&mut one, route!["a"], route!["b"], b"");
    assert_eq!(receive(&mut other, &route!["connection"], next).expect("in order").moved, None);
}

#[test]
fn a_channel_is_closed_once() {
    let (mut one, mut other) = open();
    let close = one.sending.close().expect("it was open");
    assert_eq!(close.onward, *one.sending.way());
    assert_eq!(close.back, Route::from(&one.ends.encryptor));
    assert_eq!(close.payload.len(), 29);
    let got = receive(&mut other, &route!["connection", &one.ends.encryptor], close.payload);
    assert_eq!(got.map(|got| got.what), Ok(What::Closed));
    other.sending.was_closed();
    for end in [&mut one, &mut other] {
        assert_eq!(end.sending.close(), Err(SendError::Closed), "none is sent back");
        assert_eq!(end.sending.refresh(&initiator()), Err(SendError::Closed));
        let mut out = vec![];
        assert_eq!(
            end.sending.seal(&route!["a"], &route!["b"], b"", &mut out),
            Err(SendError::Closed)
        );
        assert!(out.is_empty());
    }
}

#[test]
fn a_rotated_identity_is_shown_to_those_who_are_there() {
    let (mut one, mut other) = open();
    let known = Trusting::new().known;
    let old = initiator();
    let new = old.rotate(seed(0x77), seed(0x78), NOW).expect("the first time");
    let mut show = |identity| {
        let refresh = one.sending.refresh(identity).expect("it is open");
        assert_eq!(refresh.back, Route::from(&one.ends.encryptor));
        let got = other.receiving.receive(&route!["connection"], refresh.payload, &known);
        (got.map(|got| got.what), other.peer().history().changes())
    };
    assert_eq!(show(&new), (Ok(What::Refreshed), 2));
    let rollback = Refusal::Known(crate::known::KnownError::Rollback);
    assert_eq!(show(&old), (Err(rollback.into()), 2));
    // Another identity, which is all right in itself, is not the one at the other end.
    let stranger = identity(0x12, 0x34);
    assert_eq!(show(&stranger), (Err(Refusal::OtherKey.into()), 2));
    let sealed = send(&mut one, route!["a"], route!["b"], b"and it goes on");
    assert!(receive(&mut other, &route!["connection"], sealed).is_ok());
}

#[test]
fn routes_that_the_other_end_would_not_take_are_not_sealed() {
    let (mut one, mut other) = open();
    let stops = |count| -> Route { std::iter::repeat_n(Address::local(b"x"), count).collect() };
    let long = Route::from(Address::local(&[b'x'; 256]));
    let mut out = vec![];
    for (onward, back) in
        [(stops(33), stops(1)), (stops(1), stops(33)), (long.clone(), stops(1)), (stops(1), long)]
    {
        assert_eq!(one.sending.seal(&onward, &back, b"", &mut out), Err(SendError::Route));
    }
    assert!(out.is_empty());
    let sealed = send(&mut one, stops(32), stops(32), b"");
    assert!(receive(&mut other, &route!["connection"], sealed).is_ok());
}

/// Asks as a source, with the next number for its addresses.
fn ask(listener: &mut Listener<u8>, source: u8, number: u8, at: u64) -> Result<Asked, AskError> {
    let (_, message1) = connect();
    listener.ask(&responder(), asking(source, number, &message1), NOW, Duration::from_secs(at))
}

#[test]
fn half_open_handshakes_are_bounded_for_each_source() {
    let mut listener = Listener::new(Limits { of_source: 2, ..Limits::default() });
    assert!(ask(&mut listener, 1, 10, 0).is_ok() && ask(&mut listener, 1, 11, 1).is_ok());
    assert_eq!(ask(&mut listener, 1, 12, 2).map(drop), Err(AskError::Source));
    assert!(ask(&mut listener, 2, 13, 2).is_ok());
    assert_eq!(listener.retain(|source| *source != 1), [ends(10), ends(11)]);
    assert!(ask(&mut listener, 1, 14, 2).is_ok());
    assert_eq!(listener.half_open(), 2);
}

#[test]
fn with_no_room_left_the_greediest_source_loses_its_oldest() {
    let limits = Limits { of_source: 3, in_all: 4, ..Limits::default() };
    let mut listener = Listener::new(limits);
    for (source, number) in [(10, 10), (20, 11), (20, 12), (30, 13)] {
        assert_eq!(ask(&mut listener, source, number, 0).expect("there is room").gone, None);
    }
    assert_eq!(ask(&mut listener, 40, 14, 0).expect("room is made").gone, Some(ends(11)));
    let mut seen = HashSet::new();
    for round in 0..15 {
        let gone = ask(&mut listener, 50 + 10 * round, 20 + round, 0).expect("room is made").gone;
        assert!(seen.insert(gone.expect("one for each").decryptor));
        assert_eq!(listener.half_open(), 4);
    }
    let mut none = Listener::new(Limits { in_all: 0, ..limits });
    assert_eq!(ask(&mut none, 1, 1, 0).map(drop), Err(AskError::Source));
}

#[test]
fn many_sources_of_one_group_take_from_each_other() {
    let limits = Limits { of_source: 3, in_all: 4, ..Limits::default() };
    let mut listener = Listener::new(limits);
    assert!(!listener.is_full());
    for (source, number) in [(10, 10), (20, 11), (21, 12), (10, 13)] {
        assert_eq!(ask(&mut listener, source, number, 0).expect("there is room").gone, None);
    }
    assert!(listener.is_full());
    // One that has two of its own is no greedier than two of one that have one each.
    assert_eq!(ask(&mut listener, 22, 14, 0).expect("room").gone, Some(ends(10)));
    for (source, number, gone) in [(23, 15, 11), (24, 16, 12), (25, 17, 14)] {
        assert_eq!(ask(&mut listener, source, number, 0).expect("room").gone, Some(ends(gone)));
    }
    assert_eq!(listener.retain(|source| *source == 10), [ends(15), ends(16), ends(17)]);
}

#[test]
fn half_open_handshakes_expire() {
    let mut listener = Listener::new(Limits::default());
    assert_eq!(listener.next_expiry(), None);
    for (number, at) in [(10, 0), (11, 3), (12, 3)] {
        assert!(ask(&mut listener, 1, number, at).is_ok());
    }
    assert_eq!(listener.next_expiry(), Some(Duration::from_secs(10)));
    assert!(listener.expire(Duration::from_secs(9)).is_empty());
    assert_eq!(listener.expire(Duration::from_secs(10)), [ends(10)]);
    assert_eq!(listener.next_expiry(), Some(Duration::from_secs(13)));
    assert_eq!(listener.expire(Duration::from_secs(60)), [ends(11), ends(12)]);
    let gone =
        listener.answer(&ends(11).decryptor, Route::new(), &[0; 387], Trusting::new().judge());
    assert_eq!(gone.map(drop), Err(AnswerError::Unknown));
}

/// What is refused leaves no state, and cannot be tried again.
#[test]
fn a_wrong_third_message_ends_the_handshake() {
    let trusting = Trusting::new();
    let mut listener = Listener::new(Limits::default());
    let (start, message1) = connect();
    let asked = listener.ask(&responder(), asking(1, 9, &message1), NOW, Duration::ZERO);
    let asked = asked.expect("all is right");
    let (_, message3) = start
        .finish(asked.message2.back, &asked.message2.payload, trusting.judge())
        .expect("all is right");
    let mut damaged = message3.payload.clone();
    damaged[100] ^= 1;
    let mut answer = |payload: &[u8]| {
        let at = &asked.ends.decryptor;
        listener.answer(at, message3.back.clone(), payload, trusting.judge()).map(drop)
    };
    assert_eq!(answer(&damaged), Err(HandshakeError::Forged.into()));
    assert_eq!(answer(&message3.payload), Err(AnswerError::Unknown));
    assert_eq!(listener.half_open(), 0);
}

#[test]
fn a_refused_first_message_takes_no_place_from_another() {
    let mut listener = Listener::new(Limits { in_all: 1, ..Limits::default() });
    assert!(ask(&mut listener, 1, 10, 0).is_ok());
    let zeros = Outgoing { onward: Route::new(), back: Route::new(), payload: vec![0; 32] };
    let outcome = listener.ask(&responder(), asking(2, 11, &zeros), NOW, Duration::ZERO);
    assert_eq!(outcome.map(drop), Err(AskError::Handshake(HandshakeError::WeakKey)));
    assert_eq!(listener.half_open(), 1);
    assert_eq!(listener.expire(Duration::from_secs(10)), [ends(10)]);
}

#[test]
fn nobody_is_let_in_by_default() {
    let nobody = Trusting { trust: Trust::default(), ..Trusting::new() };
    let mut listener = Listener::new(Limits::default());
    let (start, message1) = connect();
    let asked = listener.ask(&responder(), asking(1, 9, &message1), NOW, Duration::ZERO);
    let asked = asked.expect("all is right");
    let refused =
        start.finish(asked.message2.back.clone(), &asked.message2.payload, nobody.judge());
    let why = Refusal::Untrusted(responder().identifier());
    assert_eq!(refused.map(drop), Err(HandshakeError::Refused(why)));
}
