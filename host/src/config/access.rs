//! Who may write to a worker from beyond its node.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use skep_protocol::Identifier;

/// Who may write to a worker, beyond those of its own node and answers to what was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Nobody.
    #[default]
    Local,
    /// Any other node that has a link to this one.
    Peers,
    /// Other nodes that prove to be one of these in a secure channel.
    Identities(Arc<[Identifier]>),
}

/// The words for it in manifests.
const WORDS: &[&str] = &["local", "peers"];

impl Access {
    /// Whether another node may write, which has proved to have this identity, or none.
    #[must_use]
    pub fn admits(&self, identity: Option<&Identifier>) -> bool {
        match self {
            Self::Local => false,
            Self::Peers => true,
            Self::Identities(all) => identity.is_some_and(|identity| all.contains(identity)),
        }
    }

    /// Whether all who may write by this may by the other, too.
    pub(super) fn is_within(&self, ceiling: &Self) -> bool {
        match (self, ceiling) {
            (Self::Local, _) | (_, Self::Peers) => true,
            (Self::Identities(some), Self::Identities(all)) => {
                some.iter().all(|identity| all.contains(identity))
            }
            // Nobody at all.
            (Self::Identities(some), _) => some.is_empty(),
            _ => false,
        }
    }
}

impl FromIterator<Identifier> for Access {
    fn from_iter<T: IntoIterator<Item = Identifier>>(identities: T) -> Self {
        Self::Identities(identities.into_iter().collect())
    }
}

/// As in a manifest, where a list stands in brackets.
impl fmt::Display for Access {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => out.write_str("\"local\""),
            Self::Peers => out.write_str("\"peers\""),
            Self::Identities(all) => {
                let all: Vec<_> = all.iter().map(|identity| format!("\"{identity}\"")).collect();
                write!(out, "[{}]", all.join(", "))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AccessText)
    }
}

struct AccessText;

impl<'de> Visitor<'de> for AccessText {
    type Value = Access;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"local\", \"peers\", or a list of identifiers: [\"I7249…\"]")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Access, E> {
        match text {
            "local" => Ok(Access::Local),
            "peers" => Ok(Access::Peers),
            _ if text.parse::<Identifier>().is_ok() => {
                Err(E::custom(format!("identifiers stand in a list: [\"{text}\"]")))
            }
            _ => Err(E::unknown_variant(text, WORDS)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Access, A::Error> {
        let mut all = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            all.push(identifier(&text)?);
        }
        Ok(Access::Identities(all.into()))
    }
}

/// An identifier as it stands in a file.
pub(super) fn identifier<E: Error>(text: &str) -> Result<Identifier, E> {
    text.parse().map_err(|why| {
        let shown = crate::sanitize::brief(text.into());
        E::custom(match meant(text) {
            Some(meant) => format!("`{shown}` is no identifier; did you mean `{meant}`?"),
            None => format!("`{shown}` is no identifier: {why} (`skep identity` shows a node's)"),
        })
    })
}

/// What is one but for the spaces around it, and for the letter that it begins with.
fn meant(text: &str) -> Option<Identifier> {
    let text = text.trim();
    let digits = text.strip_prefix(['I', 'i', 'l', '1']).unwrap_or(text);
    let read = |digits: &str| format!("I{}", digits.to_ascii_lowercase()).parse().ok();
    // One that lacks its `I` may begin with 1.
    read(digits).or_else(|| read(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct One {
        access: Access,
    }

    fn read(value: &str) -> Result<Access, String> {
        let one: Result<One, _> = toml::from_str(&format!("access = {value}"));
        one.map(|one| one.access).map_err(|why| why.message().to_owned())
    }

    #[test]
    fn it_is_a_word_or_a_list() {
        let [one, other] = [1, 2].map(|byte| Identifier::new([byte; 32]));
        let both = Access::from_iter([one, other]);
        for access in [Access::Local, Access::Peers, both.clone(), Access::from_iter([])] {
            assert_eq!(read(&access.to_string()), Ok(access));
        }
        for (bad, why) in [
            ("\"peer\"", "unknown variant `peer`"),
            ("[\"I12\"]", "`I12` is no identifier"),
            (&format!("[\" {one}\"]"), &format!("did you mean `{one}`?")),
            (&format!("[\"{}\"]", one.to_string().to_lowercase()), &format!("mean `{one}`?")),
            (&format!("[\"{}\"]", &one.to_string()[1..]), &format!("mean `{one}`?")),
            ("[\"\"]", "an `I` and 64 hexadecimal digits"),
            (&format!("\"{one}\""), "identifiers stand in a list"),
            ("1", "or a list of identifiers"),
            ("[1]", "expected a string"),
        ] {
            let refused = read(bad).unwrap_err();
            assert!(refused.contains(why), "{bad}: {refused}");
        }
        let third = Identifier::new([3; 32]);
        for (access, admits) in [
            (&Access::Local, [false, false, false]),
            (&Access::Peers, [true, true, true]),
            (&both, [false, true, false]),
        ] {
            let who = [None, Some(&other), Some(&third)];
            assert_eq!(who.map(|identity| access.admits(identity)), admits, "{access}");
        }
    }

    #[test]
    fn what_is_within_a_ceiling() {
        let [one, other] = [1, 2].map(|byte| Identifier::new([byte; 32]));
        let both = Access::from_iter([one, other]);
        for (asked, ceiling, is_within) in [
            (&Access::Local, &Access::Local, true),
            (&Access::Peers, &Access::Local, false),
            (&Access::Peers, &both, false),
            (&both, &Access::Peers, true),
            (&both, &both, true),
            (&Access::from_iter([one]), &both, true),
            (&both, &Access::from_iter([one]), false),
            (&both, &Access::Local, false),
            (&Access::from_iter([]), &Access::Local, true),
        ] {
            assert_eq!(asked.is_within(ceiling), is_within, "{asked} within {ceiling}");
        }
    }
}
