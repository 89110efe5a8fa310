//! Names that nobody can guess, for what other nodes may answer to.

use skep_protocol::Address;

/// What a name of a link begins with. No worker's name begins so.
pub(super) const LINK: &[u8; 2] = b"_l";
/// What the name begins with that leads through a secure channel.
pub(super) const CHANNEL: &[u8; 2] = b"_s";
/// What the name begins with that the other end of a secure channel sends to.
pub(super) const DECRYPTOR: &[u8; 2] = b"_d";
/// What a name begins with that an answer goes to.
pub(super) const REPLY: &[u8; 2] = b"_r";

/// Bytes of a name: as many as an address keeps without an allocation.
const LENGTH: usize = 22;
/// Random bytes of a name, of which each makes a digit of five bits.
const RANDOM: usize = LENGTH - LINK.len();
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// A source of names: a stream of randomness from a key that nobody knows. To ask the system for
/// some of it takes microseconds each time.
pub(super) struct Names {
    /// None before the first name.
    stream: Option<blake3::OutputReader>,
    random: [u8; 16 * RANDOM],
    left: usize,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { stream: None, random: [0; _], left: 0 }
    }

    /// A new name, of a hundred random bits; none where the system gives no randomness.
    pub(super) fn next(&mut self, mark: &[u8; 2]) -> Option<Address> {
        if self.left < RANDOM {
            let stream = match &mut self.stream {
                Some(stream) => stream,
                None => self.stream.insert(seeded()?),
            };
            stream.fill(&mut self.random);
            self.left = self.random.len();
        }
        let start = self.left - RANDOM;
        let mut name = [0; LENGTH];
        let random = self.random.get(start..self.left)?;
        self.left = start;
        let digits = random.iter().filter_map(|byte| DIGITS.get(usize::from(byte % 32)));
        for (place, byte) in name.iter_mut().zip(mark.iter().chain(digits)) {
            *place = *byte;
        }
        Some(Address::local(&name))
    }
}

/// A stream of its own; none where the system gives no randomness.
fn seeded() -> Option<blake3::OutputReader> {
    let mut key = [0; blake3::KEY_LEN];
    getrandom::fill(&mut key).ok()?;
    Some(blake3::Hasher::new_keyed(&key).finalize_xof())
}

impl std::fmt::Debug for Names {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_comes_twice() {
        let mut names = Names::new();
        let all: HashSet<_> = (0..1_000).filter_map(|_| names.next(REPLY)).collect();
        assert_eq!(all.len(), 1_000);
        assert!(
            all.iter().all(|name| name.bytes().len() == LENGTH && name.bytes().starts_with(REPLY))
        );
    }
}
