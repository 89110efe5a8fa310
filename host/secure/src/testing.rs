//! What the tests of several modules have in common.

pub(crate) mod vectors;

use crate::identity::Identity;
use crate::known::MemoryHistories;
use crate::presented::Judge;
use crate::seed::Seed;
use crate::trust::Trust;
use vectors::NOW;

/// The bytes that digits stand for; there may be spaces between.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> =
        text.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16).expect("a digit")).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte")).collect()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A seed of one byte repeated.
pub(crate) fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

/// An identity with these seeds, made at [`NOW`].
pub(crate) fn identity(key: u8, channels: u8) -> Identity {
    Identity::create(seed(key), seed(channels), NOW).expect("it is not the end of time")
}

/// I of the vectors.
pub(crate) fn initiator() -> Identity {
    identity(0x11, 0x33)
}

/// R of the vectors.
pub(crate) fn responder() -> Identity {
    identity(0x22, 0x44)
}

/// Everybody is let in, at the time of the vectors.
pub(crate) struct Open {
    pub(crate) trust: Trust,
    pub(crate) known: MemoryHistories,
}

impl Open {
    pub(crate) fn new() -> Self {
        Self { trust: Trust::everyone(), known: MemoryHistories::default() }
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        self.judge_at(NOW)
    }

    pub(crate) fn judge_at(&self, now: u64) -> Judge<'_> {
        Judge { now, trust: &self.trust, known: &self.known }
    }
}
