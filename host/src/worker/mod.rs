//! Sandboxed workers: the cell that stays whatever its instances do, the life of
//! its messages, and what happens when an instance fails.

mod awake;
mod cell;
mod generation;
mod intensity;
mod life;
mod orders;
mod saved;
mod settle;
mod slice;
mod swap;

pub(crate) use awake::Awake;
pub(crate) use cell::{Cell, Parts};
pub(crate) use generation::Generation;
