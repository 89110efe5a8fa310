//! Other nodes: what carries messages there and back.

pub(crate) mod tcp;
