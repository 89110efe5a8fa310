//! Limits as files ask for them: any of [`Limits`], by its name with `-` for `_`.

use std::time::Duration;

use serde::Deserialize;

use crate::config::Limits;
use crate::config::quantity::{Count, Size, Time};

/// A limit beyond the ceiling: its key, and what was asked for, as in TOML.
pub(super) type Beyond = (&'static str, String);

macro_rules! asked_limits {
    ($($key:literal $field:ident: $kind:ident$(<$of:ty>)?,)*) => {
        /// The table `limits` of a file: only what it says is changed.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table of limits: { memory = \"64MiB\" }")]
        pub(crate) struct AskedLimits {
            $(pub(super) $field: Option<$kind$(<$of>)?>,)*
        }

        impl AskedLimits {
            /// What is asked for, and for the rest what `limits` says.
            pub(super) fn over(&self, limits: &Limits) -> Limits {
                Limits { $($field: self.$field.map_or(limits.$field, |asked| asked.0),)* }
            }

            /// What is asked for beyond `ceiling`.
            pub(super) fn beyond(&self, ceiling: &Limits) -> Vec<Beyond> {
                let mut beyond = Vec::new();
                $(if let Some(asked) = self.$field.filter(|asked| asked.0 > ceiling.$field) {
                    beyond.push(($key, asked.to_string()));
                })*
                beyond
            }
        }

        /// The keys, in the order of the fields.
        #[cfg(test)]
        pub(super) const KEYS: &[&str] = &[$($key),*];

        /// The lesser of the two, limit by limit.
        pub(super) fn least(a: &Limits, b: &Limits) -> Limits {
            Limits { $($field: a.$field.min(b.$field),)* }
        }
    };
}

asked_limits! {
    "memory" memory: Size,
    "fuel" fuel: Count<u64>,
    "deadline" deadline: Time,
    "start" start: Time,
    "request" request: Time,
    "message" message: Size,
    "mailbox-messages" mailbox_messages: Count<usize>,
    "mailbox-bytes" mailbox_bytes: Size,
    "outbox-effects" outbox_effects: Count<usize>,
    "outbox-bytes" outbox_bytes: Size,
    "log-lines" log_lines: Count<u32>,
    "log-bytes" log_bytes: Size,
    "timers" timers: Count<usize>,
    "monitors" monitors: Count<usize>,
    "children" children: Count<usize>,
    "descendants" descendants: Count<usize>,
    "held-bytes" held_bytes: Size,
    "state" state: Size,
    "handles" handles: Count<usize>,
    "host-bytes" host_bytes: Size,
    "random" random: Size,
    "failures" failures: Count<u32>,
}

/// The key of a limit at which no worker can handle a message.
pub(super) fn lifeless(limits: &Limits) -> Option<&'static str> {
    let none = [
        ("memory", limits.memory == 0),
        ("fuel", limits.fuel == 0),
        ("deadline", limits.deadline == Duration::ZERO),
        ("start", limits.start == Duration::ZERO),
        ("mailbox-messages", limits.mailbox_messages == 0),
        ("mailbox-bytes", limits.mailbox_bytes == 0),
        ("failures", limits.failures == 0),
    ];
    none.into_iter().find(|(_, is_none)| *is_none).map(|(key, _)| key)
}
