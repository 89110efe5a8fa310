//! An identity as a text, for the one file that keeps it.
//!
//! ```text
//! skep-identity 1
//! identifier I7249dce9…            whose it is
//! key 1111…                        secret: the seed of its Ed25519 key, 64 digits
//! history 8182…                    its change history, in CBOR as on the wire
//! channel-key 3333…                secret: the X25519 key of its channels, 64 digits
//! attestation 8258…                what its key says of that one, in CBOR as on the wire
//! ```
//!
//! Five lines after the first, in this order; digits are hexadecimal. Nothing else may
//! stand there. It is verified as a whole when it is read.

use ed25519_dalek::SigningKey;
use skep_protocol::Identifier;
use skep_protocol::hex::{self, Hex};
use zeroize::Zeroizing;

use super::history::{History, MAX_HISTORY};
use super::secret::{Identity, IdentityError};
use crate::pair::Pair;
use crate::seed::Seed;

/// What such a text begins with.
const FIRST: &str = "skep-identity 1";

/// The most bytes of such a text.
const LONGEST: usize = 3 * MAX_HISTORY;

/// Why a text is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// It does not begin as it has to.
    #[error("this is no identity of this version: it should begin with `{FIRST}`")]
    First,
    /// It has more bytes than it can have.
    #[error("this is no identity: it has more than {LONGEST} bytes")]
    TooLong,
    /// A line is not there, or is not what should stand there.
    #[error("in an identity should be a line `{0}` with its value")]
    Line(&'static str),
    /// Something stands after the last line.
    #[error("an identity goes on after its last line")]
    After,
    /// The identifier is not that of the history.
    #[error("an identity's identifier is not that of its history")]
    Identifier,
    /// What it consists of does not make an identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl Identity {
    /// The text that keeps this identity. It holds its secrets, and is wiped when dropped.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let key = Zeroizing::new(self.key().to_bytes());
        let lines = [
            ("history", self.history().bytes()),
            ("channel-key", &self.channel_key().secret()[..]),
            ("attestation", self.attestation()),
        ];
        // With all its room from the start, so that no copy is left behind where it grew.
        let digits = 2 * (64 + self.history().bytes().len() + self.attestation().len());
        let mut text = Zeroizing::new(String::with_capacity(digits + 256));
        text.push_str(FIRST);
        line(&mut text, "identifier", self.identifier());
        line(&mut text, "key", Hex(&key[..]));
        for (name, bytes) in lines {
            line(&mut text, name, Hex(bytes));
        }
        text.push('\n');
        text
    }

    /// Reads the text of an identity, and verifies that all of it belongs together.
    ///
    /// # Errors
    /// When it is no such text, or its parts are not those of one identity.
    pub fn from_text(text: &str) -> Result<Self, TextError> {
        if text.len() > LONGEST {
            return Err(TextError::TooLong);
        }
        let mut lines = text.lines();
        if lines.next() != Some(FIRST) {
            return Err(TextError::First);
        }
        let mut value = |name| read(lines.next(), name);
        let identifier: Identifier =
            value("identifier")?.parse().map_err(|_| TextError::Line("identifier"))?;
        let key = secret(value("key")?).ok_or(TextError::Line("key"))?;
        let history = bytes(value("history")?).ok_or(TextError::Line("history"))?;
        let channels = secret(value("channel-key")?).ok_or(TextError::Line("channel-key"))?;
        let attestation = bytes(value("attestation")?).ok_or(TextError::Line("attestation"))?;
        if lines.next().is_some() {
            return Err(TextError::After);
        }
        let history = History::verify(&history).map_err(IdentityError::from)?;
        if history.identifier() != identifier {
            return Err(TextError::Identifier);
        }
        let key = SigningKey::from_bytes(&key);
        Ok(Self::assemble(key, history, Pair::new(&Seed::new(*channels)), attestation)?)
    }
}

fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    use std::fmt::Write;
    // A string takes all that is written.
    let _ = write!(text, "\n{name} {value}");
}

fn read<'a>(line: Option<&'a str>, name: &'static str) -> Result<&'a str, TextError> {
    let value = line.and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.ok_or(TextError::Line(name))
}

fn secret(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut room = Zeroizing::new([0; 32]);
    hex::read(digits, &mut room[..])?;
    Some(room)
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let mut room = vec![0; digits.len() / 2];
    hex::read(digits, &mut room)?;
    Some(room)
}
