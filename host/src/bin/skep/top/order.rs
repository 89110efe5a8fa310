//! Which workers come first.

use std::cmp::Ordering;

use clap::ValueEnum;

use super::sample::Row;

/// What they are ordered by: the most first, names from the first on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// Messages handled in the last second.
    Messages,
    /// Messages that wait.
    Mailbox,
    /// Fuel used in the last second.
    Fuel,
    /// Bytes of memories and tables.
    Memory,
    /// Instances begun after one failed.
    Restarts,
    /// Messages given up.
    Failed,
    /// The address.
    Name,
}

impl Order {
    /// The one that a key turns to.
    pub(super) fn next(self) -> Self {
        let all = Self::value_variants();
        let at = all.iter().position(|order| *order == self).unwrap_or(0);
        all.get((at + 1) % all.len()).copied().unwrap_or(Self::Messages)
    }

    /// Its name.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub(super) fn compare(self, a: &Row, b: &Row) -> Ordering {
        let most = |value: fn(&Row) -> u64| value(b).cmp(&value(a));
        let first = match self {
            Self::Messages => b.per_second.total_cmp(&a.per_second),
            Self::Mailbox => most(|row| row.mailbox.messages as u64),
            Self::Fuel => b.fuel_per_second.total_cmp(&a.fuel_per_second),
            Self::Memory => most(|row| row.memory_bytes as u64),
            Self::Restarts => most(|row| row.restarts),
            Self::Failed => most(|row| row.failed),
            Self::Name => Ordering::Equal,
        };
        first.then_with(|| a.address.cmp(&b.address))
    }
}
