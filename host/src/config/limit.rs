//! One limit of a worker, by its key: what its use is counted under and shown as.

use std::time::Duration;

use crate::config::Limits;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident $key:literal $unit:ident $field:ident,)*) => {
        /// A limit of a worker.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Limit {
            $($(#[$doc])* $name,)*
        }

        impl Limit {
            /// All of them, in the order in which they are shown.
            pub(crate) const ALL: [Self; [$($key),*].len()] = [$(Self::$name),*];

            /// Its key in `[limits]` of a manifest.
            pub(crate) fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)*
                }
            }

            /// What it is counted in.
            pub(crate) fn unit(self) -> Unit {
                match self {
                    $(Self::$name => Unit::$unit,)*
                }
            }

            /// What `limits` say of it, in its unit.
            pub(crate) fn of(self, limits: &Limits) -> u64 {
                match self {
                    $(Self::$name => limits.$field.in_unit(),)*
                }
            }
        }
    };
}

limits! {
    Memory "memory" Bytes memory,
    Fuel "fuel" Count fuel,
    Deadline "deadline" Milliseconds deadline,
    Start "start" Milliseconds start,
    Request "request" Milliseconds request,
    Message "message" Bytes message,
    MailboxMessages "mailbox-messages" Count mailbox_messages,
    MailboxBytes "mailbox-bytes" Bytes mailbox_bytes,
    OutboxEffects "outbox-effects" Count outbox_effects,
    OutboxBytes "outbox-bytes" Bytes outbox_bytes,
    LogLines "log-lines" Count log_lines,
    LogBytes "log-bytes" Bytes log_bytes,
    Timers "timers" Count timers,
    Monitors "monitors" Count monitors,
    Children "children" Count children,
    Descendants "descendants" Count descendants,
    HeldBytes "held-bytes" Bytes held_bytes,
    State "state" Bytes state,
    Handles "handles" Count handles,
    HostBytes "host-bytes" Bytes host_bytes,
    Random "random" Bytes random,
    Failures "failures" Count failures,
}

/// What a limit is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Pieces, or units of fuel.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
}

/// A limit's value as a number of its unit.
trait InUnit {
    fn in_unit(self) -> u64;
}

impl InUnit for u64 {
    fn in_unit(self) -> u64 {
        self
    }
}

impl InUnit for u32 {
    fn in_unit(self) -> u64 {
        self.into()
    }
}

impl InUnit for usize {
    fn in_unit(self) -> u64 {
        self as u64
    }
}

impl InUnit for Duration {
    fn in_unit(self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }
}
