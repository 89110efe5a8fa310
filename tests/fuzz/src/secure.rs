//! Two identities and their handshake, the same each time: what has failed fails again.

use std::sync::LazyLock;

use skep_secure::{
    Established, Identity, Initiator, Judge, MemoryHistories, Responder, Seed, Trust,
};

/// They are made once: nothing in them changes, since neither has had a second key.
pub(crate) static BOTH: LazyLock<Both> = LazyLock::new(Both::new);

/// When it all happens.
const NOW: u64 = 1_700_000_000;

/// Two identities that trust each other.
pub(crate) struct Both {
    pub(crate) one: Identity,
    pub(crate) other: Identity,
    trust: Trust,
    known: MemoryHistories,
}

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

impl Both {
    fn new() -> Self {
        let make = |key, channels| Identity::create(seed(key), seed(channels), NOW).unwrap();
        let (one, other) = (make(1, 2), make(3, 4));
        let trust = Trust::only([one.identifier(), other.identifier()]);
        Self { one, other, trust, known: MemoryHistories::default() }
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        Judge { now: NOW, trust: &self.trust, known: &self.known }
    }

    pub(crate) fn start(&self) -> (Initiator, Vec<u8>) {
        Initiator::start(&self.one, seed(5), NOW).unwrap()
    }

    /// R, for any first message.
    pub(crate) fn answer(
        &self,
        message1: &[u8],
    ) -> Result<(Responder, Vec<u8>), skep_secure::HandshakeError> {
        Responder::start(&self.other, seed(6), message1, NOW)
    }

    /// Both, and the second message.
    pub(crate) fn half_way(&self) -> (Initiator, Responder, Vec<u8>) {
        let (start, message1) = self.start();
        let (answer, message2) = self.answer(&message1).unwrap();
        (start, answer, message2)
    }

    /// R, and the third message.
    pub(crate) fn third(&self) -> (Responder, Vec<u8>) {
        let (start, answer, message2) = self.half_way();
        (answer, start.finish(&message2, self.judge()).unwrap().1)
    }

    /// A channel that is open.
    pub(crate) fn open(&self) -> (Established, Established) {
        let (start, answer, message2) = self.half_way();
        let (one, message3) = start.finish(&message2, self.judge()).unwrap();
        (one, answer.finish(&message3, self.judge()).unwrap())
    }
}
