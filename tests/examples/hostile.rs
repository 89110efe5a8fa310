//! The table of attacks: what each attacker saw, and what its neighbour noticed.
//!
//! `make hostile` runs the attacks, and then this, which reads what they have left in
//! `target/hostile/`.

use std::process::ExitCode;

use skep_tests::report::{HEAD, Report};

fn main() -> ExitCode {
    let all = match Report::all() {
        Ok(all) if !all.is_empty() => all,
        _ => {
            eprintln!("hostile: there are no reports in target/hostile: run `make hostile`");
            return ExitCode::FAILURE;
        }
    };
    println!("{HEAD}");
    all.iter().for_each(|report| println!("{report}"));
    let (asked, lost) =
        all.iter().fold((0, 0), |(asked, lost), each| (asked + each.asked, lost + each.lost));
    println!("\n{} attacks; the neighbour was asked {asked} times and lost {lost}", all.len());
    ExitCode::SUCCESS
}
