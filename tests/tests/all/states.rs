//! Why a worker does not do what it was asked for, as a person sees it.

use std::fs;

use skep_tests::guests::guest;

use crate::hive::{Hive, furnish, until};

/// One that cannot start, one that needs it, and a keeper.
fn hive() -> Hive {
    let home = tempfile::tempdir().unwrap();
    furnish(home.path(), "");
    let workers = home.path().join("workers");
    fs::write(workers.join("keeper.wasm"), guest("keeper")).unwrap();
    fs::write(workers.join("keeper.toml"), "save = \"every-message\"").unwrap();
    fs::write(workers.join("stuck.toml"), "component = \"keeper\"\nargs = \"trap\"").unwrap();
    fs::write(workers.join("late.toml"), "component = \"bare\"\nneeds = [\"stuck\"]").unwrap();
    Hive::on(home)
}

#[test]
fn who_cannot_start_is_told_from_who_waits_for_it() {
    let hive = hive();
    let shown = |worker: &str| hive.done(&["ps", worker]);
    let stuck = shown("stuck");
    assert!(stuck.contains("state         parked"), "{stuck}");
    assert!(stuck.contains("it failed to start"), "{stuck}");
    hive.fails(&["send", "stuck", "x"], 1, &["`stuck` does not run", "it failed to start"]);
    let late = shown("late");
    assert!(late.contains("state         waiting"), "{late}");
    assert!(late.contains("why           waits for `stuck`"), "{late}");
}

/// One that comes to its end while it runs says so to whoever writes to it, and can be begun anew.
#[test]
fn who_is_parked_can_be_begun_anew() {
    let hive = hive();
    hive.done(&["send", "keeper", "set restore traps; reply"]);
    hive.fails(&["send", "keeper", "trap"], 1, &[]);
    until("it is parked", || hive.done(&["ps", "keeper"]).contains("parked"));
    let words = ["`keeper` takes no messages: parked", "`skep reload keeper` begins it anew"];
    hive.fails(&["send", "keeper", "x"], 1, &words);
}

#[test]
fn a_retry_is_shown() {
    let hive = hive();
    hive.done(&["send", "puppet", "retry not yet", "--no-reply"]);
    until("it is shown", || hive.done(&["ps", "puppet"]).contains("of a message: not yet"));
}
