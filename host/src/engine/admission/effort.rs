//! What compiling a binary comes to.
//!
//! The compiler takes time with the square of the branches in one function: 20,000 loops, which
//! are 140 KB, keep it busy for half a minute, and a function of a mebibyte for half an hour. It
//! cannot be stopped in the middle, and who waits for its place waits so long. And it takes
//! memory with the branches times the variables: 119 KB of them made 1.7 GiB.

use wasmparser::{FunctionBody, Operator};

use super::AdmissionError;
use super::bounds::{self, within};

/// Sums up over all functions of a binary.
#[derive(Default)]
pub(super) struct Effort {
    seen: u64,
}

impl Effort {
    /// Adds a function with so many variables, its parameters included.
    pub(super) fn add(
        &mut self,
        body: &FunctionBody<'_>,
        variables: u64,
    ) -> Result<(), AdmissionError> {
        let branches = branches(body)?;
        within(
            "variables at branches of one function (the one times the other)",
            branches.saturating_mul(variables),
            bounds::TANGLE,
        )?;
        self.seen = self.seen.saturating_add(branches.saturating_mul(branches));
        within(
            "steps of compiling (branches, squared function by function)",
            self.seen,
            bounds::EFFORT,
        )
    }
}

fn branches(body: &FunctionBody<'_>) -> Result<u64, AdmissionError> {
    let mut operators = body.get_operators_reader()?;
    let mut branches = 0_u64;
    while !operators.eof() {
        branches = branches.saturating_add(weight(&operators.read()?));
    }
    Ok(branches)
}

/// How many branches an operator is to the compiler, as measured: the roots of how much longer
/// it takes with them.
fn weight(operator: &Operator<'_>) -> u64 {
    match operator {
        Operator::If { .. } | Operator::Br { .. } | Operator::BrIf { .. } => 1,
        Operator::BrTable { targets } => u64::from(targets.len()).saturating_add(1),
        // What is in a table is made when it is first used, if it is not there yet.
        Operator::CallIndirect { .. }
        | Operator::ReturnCallIndirect { .. }
        | Operator::TableGet { .. }
        | Operator::TableSet { .. } => 2,
        Operator::Loop { .. } => 3,
        _ => 0,
    }
}
