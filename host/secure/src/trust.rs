//! Which identities are let in.

use std::collections::BTreeSet;

use crate::identity::Identifier;

/// Which identities the other end may be: nobody, unless it is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust(Rule);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Only(BTreeSet<Identifier>),
    Everyone,
}

impl Default for Rule {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Trust {
    /// No identity at all.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// These identities.
    #[must_use]
    pub fn only(identities: impl IntoIterator<Item = Identifier>) -> Self {
        Self(Rule::Only(identities.into_iter().collect()))
    }

    /// Every identity that can prove to be itself; and anybody can make one.
    #[must_use]
    pub fn everyone() -> Self {
        Self(Rule::Everyone)
    }

    /// Whether everybody is let in.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.0 == Rule::Everyone
    }

    /// Whether this identity is let in.
    #[must_use]
    pub fn admits(&self, identity: &Identifier) -> bool {
        match &self.0 {
            Rule::Only(identities) => identities.contains(identity),
            Rule::Everyone => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_unless_it_is_said() {
        let [one, other] = [1, 2].map(|byte| Identifier::new([byte; 32]));
        for (trust, admitted) in [
            (Trust::default(), [false, false]),
            (Trust::nobody(), [false, false]),
            (Trust::only([one]), [true, false]),
            (Trust::everyone(), [true, true]),
        ] {
            assert_eq!([one, other].map(|identity| trust.admits(&identity)), admitted, "{trust:?}");
        }
    }
}
