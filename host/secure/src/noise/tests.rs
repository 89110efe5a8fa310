//! A static key that makes no secret. No honest end can be brought to use one.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::testing::{initiator, responder, seed};

/// As [`Primitives`], but the first pair, which is the static one, has a key of small order.
struct WeakStatic(Primitives, AtomicBool);

impl CryptoResolver for WeakStatic {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        self.0.resolve_rng()
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        match self.1.swap(false, Ordering::Relaxed) {
            true => Some(Box::new(Weak)),
            false => self.0.resolve_dh(choice),
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        self.0.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        self.0.resolve_cipher(choice)
    }
}

struct Weak;

impl Dh for Weak {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        PUBLIC
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, _: &[u8]) {}

    fn generate(&mut self, _: &mut dyn Random) -> Result<(), Error> {
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &[0; 32]
    }

    fn privkey(&self) -> &[u8] {
        &[0; 32]
    }

    /// What every secret with such a key is.
    fn dh(&self, _: &[u8], out: &mut [u8]) -> Result<(), Error> {
        out[..32].fill(0);
        Ok(())
    }
}

#[test]
fn a_static_key_that_makes_no_secret_is_refused() {
    for is_weak in [false, true] {
        let (one, other) = (initiator(), responder());
        let primitives = Primitives { key: one.channel_key().clone(), ephemeral: seed(0x55) };
        let resolver = WeakStatic(primitives, AtomicBool::new(is_weak));
        let builder = Builder::with_resolver(parameters(), Box::new(resolver));
        let builder = builder.local_private_key(&[]).expect("once");
        let mut one = Noise(builder.build_initiator().expect("it can be begun").into());
        let mut other = Noise::responder(other.channel_key(), seed(0x66)).expect("it can be begun");
        other.read(&one.write(&[]).expect("the first")).expect("the first");
        one.read(&other.write(&[]).expect("the second")).expect("the second");
        let message3 = one.write(b"hi").expect("the third");
        let outcome = other.read(&message3);
        match is_weak {
            false => assert_eq!(outcome.expect("all is right"), b"hi"),
            true => assert_eq!(outcome, Err(Error::Dh)),
        }
    }
}
