//! What a channel costs: its handshake at both ends, handshakes that are refused, sealing
//! and opening. One thread, no I/O; the median of batches, and the fastest of them.
//!
//! `cargo bench -p skep-secure`

#![expect(clippy::expect_used, reason = "what goes wrong in a measurement ends it")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use skep_protocol::{Address, Route};
use skep_secure::identity::MAX_CHANGES;
use skep_secure::{
    Established, Identity, Initiator, Judge, MemoryHistories, Message, Opener, Responder, Seed,
    Trust,
};

const NOW: u64 = 1_700_000_000;
const BATCHES: usize = 101;

fn main() {
    let both = Both::new();
    both.handshakes();
    both.dearest_stranger();
    for bytes in [16, 1_024, 65_536] {
        both.transport(bytes);
    }
    both.refused_messages();
}

/// Runs `run` so many times a batch, and prints what one run takes. What it needs is made
/// by `prepare`, outside of the time.
fn measure<S, T>(
    name: &str,
    runs: usize,
    mut prepare: impl FnMut() -> S,
    mut run: impl FnMut(S) -> T,
) {
    let mut times: Vec<_> = (0..BATCHES)
        .map(|_| {
            let prepared: Vec<_> = (0..runs).map(|_| prepare()).collect();
            let begun = Instant::now();
            let results: Vec<_> = prepared.into_iter().map(|it| black_box(run(it))).collect();
            let took = begun.elapsed();
            drop(results);
            took / u32::try_from(runs).unwrap_or(u32::MAX)
        })
        .collect();
    times.sort();
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    print(name, at(BATCHES / 2), at(0));
}

fn print(name: &str, median: Duration, best: Duration) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!("{name:<46} {:>9.3} us   best {:>9.3} us", micros(median), micros(best));
}

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

/// Two identities that trust each other.
struct Both {
    one: Identity,
    other: Identity,
    trust: Trust,
    nobody: Trust,
    known: MemoryHistories,
}

/// What cannot be here.
const RIGHT: &str = "nothing is wrong with it";

impl Both {
    fn new() -> Self {
        let make = |key, channels| Identity::create(seed(key), seed(channels), NOW).expect(RIGHT);
        let (one, other) = (make(1, 2), make(3, 4));
        let trust = Trust::only([one.identifier(), other.identifier()]);
        let known = MemoryHistories::default();
        Self { one, other, trust, nobody: Trust::nobody(), known }
    }

    fn judge<'a>(&'a self, trust: &'a Trust) -> Judge<'a> {
        Judge { now: NOW, trust, known: &self.known }
    }

    fn start(&self) -> (Initiator, Vec<u8>) {
        Initiator::start(&self.one, seed(5), NOW).expect(RIGHT)
    }

    fn answer(&self, message1: &[u8]) -> (Responder, Vec<u8>) {
        Responder::start(&self.other, seed(6), message1, NOW).expect(RIGHT)
    }

    fn half_way(&self) -> (Initiator, Responder, Vec<u8>) {
        let (start, message1) = self.start();
        let (answer, message2) = self.answer(&message1);
        (start, answer, message2)
    }

    fn third(&self) -> (Responder, Vec<u8>) {
        let (start, answer, message2) = self.half_way();
        (answer, start.finish(&message2, self.judge(&self.trust)).expect(RIGHT).1)
    }

    fn open(&self) -> (Established, Established) {
        let (start, answer, message2) = self.half_way();
        let (one, message3) = start.finish(&message2, self.judge(&self.trust)).expect(RIGHT);
        (one, answer.finish(&message3, self.judge(&self.trust)).expect(RIGHT))
    }

    fn handshakes(&self) {
        let message1 = self.start().1;
        measure("I: start", 20, || (), |()| self.start());
        measure("R: start, for message 1", 20, || (), |()| self.answer(&message1));
        measure(
            "I: finish, for message 2",
            20,
            || self.half_way(),
            |(start, _, message2)| start.finish(&message2, self.judge(&self.trust)).map(drop),
        );
        let finish = |(answer, message3): (Responder, Vec<u8>), trust| {
            answer.finish(&message3, self.judge(trust)).map(drop)
        };
        measure("R: finish, for message 3", 20, || self.third(), |it| finish(it, &self.trust));
        measure("the handshake, both ends", 5, || (), |()| self.open());
        measure("R: message 3 of a stranger", 20, || self.third(), |it| finish(it, &self.nobody));
        let damaged = || {
            let (answer, mut message3) = self.third();
            message3.last_mut().into_iter().for_each(|byte| *byte ^= 1);
            (answer, message3)
        };
        measure("R: message 3 that is damaged", 20, damaged, |it| finish(it, &self.trust));
        let damaged = || {
            let (answer, mut message3) = self.third();
            message3.first_mut().into_iter().for_each(|byte| *byte ^= 1);
            (answer, message3)
        };
        let name = "R: message 3 whose first byte is damaged";
        measure(name, 20, damaged, |it| finish(it, &self.trust));
        let refused = |message: &[u8]| {
            Responder::start(&self.other, seed(6), message, NOW).map(drop).expect_err("refused")
        };
        measure("R: message 1 of 31 bytes", 20, || (), |()| refused(&[1; 31]));
        measure("R: message 1 of zeros", 20, || (), |()| refused(&[0; 32]));
    }

    /// What a stranger can cost most who does all that is asked of him.
    fn dearest_stranger(&self) {
        let mut one = Identity::create(seed(10), seed(2), NOW).expect(RIGHT);
        for key in 11..10 + u8::try_from(MAX_CHANGES).unwrap_or(u8::MAX) {
            one = one.rotate(seed(key), seed(2), NOW).expect(RIGHT);
        }
        let third = || {
            let (start, message1) = Initiator::start(&one, seed(5), NOW).expect(RIGHT);
            let (answer, message2) = self.answer(&message1);
            (answer, start.finish(&message2, self.judge(&self.trust)).expect(RIGHT).1)
        };
        measure("R: message 3 of a stranger who had 32 keys", 5, third, |(answer, message3)| {
            answer.finish(&message3, self.judge(&self.nobody)).map(drop).expect_err("refused")
        });
    }

    fn transport(&self, bytes: usize) {
        let address = |byte: u8| Address::local(&[byte; 32]);
        let onward = Route::from(Address::local(b"echoer"));
        let back: Route = [address(b'a'), address(b'b')].into_iter().collect();
        let payload = vec![7; bytes];
        let message = Message::Payload { onward: &onward, back: &back, payload: &payload };
        let (mut one, mut other) = self.open();
        // A batch of whole intervals, so that each has its share of the rekeying.
        let runs = 320;
        let mut out = Vec::with_capacity(message.sealed_len());
        measure(
            &format!("seal {bytes} bytes"),
            runs,
            || (),
            |()| {
                out.clear();
                one.sealer.seal(&message, &mut out).expect(RIGHT);
            },
        );
        let (mut one, mut opener) =
            (self.open().0, std::mem::replace(&mut other, self.open().1).opener);
        let sealed = || {
            let mut out = Vec::new();
            one.sealer.seal(&message, &mut out).expect(RIGHT);
            out
        };
        measure(&format!("open {bytes} bytes, read its routes"), runs, sealed, |sealed| {
            open(&mut opener, sealed)
        });
    }

    fn refused_messages(&self) {
        let mut opener = self.open().1.opener;
        for (name, nonce) in [("current", 5_u64), ("next", 32)] {
            let forged = || [&nonce.to_be_bytes()[..], &[7; 100]].concat();
            measure(&format!("refuse 100 forged bytes, {name} key"), 320, forged, |mut forged| {
                opener.open(&mut forged).expect_err("forged")
            });
        }
    }
}

fn open(opener: &mut Opener, mut sealed: Vec<u8>) -> usize {
    let opened = opener.open(&mut sealed).expect(RIGHT);
    match Message::decode(sealed.get(opened.text).unwrap_or_default()).expect(RIGHT) {
        Message::Payload { onward, back, payload } => onward.len() + back.len() + payload.len(),
        _ => 0,
    }
}
