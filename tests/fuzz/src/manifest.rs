//! `node.toml` and the manifests of workers. The text up to a zero byte is a manifest beside
//! its component, what comes after it the node's own file.

use skep::error::ConfigError;
use skep::fuzzing::{manifest, node};
use skep::{Limits, WorkerOptions};

use crate::words;

/// The longest time that can be asked for.
const YEAR: u64 = 366 * 24 * 3_600;

/// The target.
pub fn body(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (beside, own) = text.split_once('\0').unwrap_or((&text, ""));
    match manifest(beside, own) {
        Ok(options) => hold(&options),
        Err(why) => refused(&why),
    }
    match manifest(beside, "") {
        Ok(options) => within_defaults(&options),
        Err(ConfigError::Ceiling { lines, .. }) => allowed(beside, &lines),
        Err(_) => {}
    }
    for text in [beside, own] {
        match node(text) {
            Ok(workers) => workers.iter().for_each(hold),
            Err(why) => refused(&why),
        }
    }
}

/// What a worker is started with is something that can be.
fn hold(options: &WorkerOptions) {
    let limits = &options.limits;
    assert!(limits.memory > 0 && limits.fuel > 0);
    assert!(limits.mailbox_messages > 0 && limits.mailbox_bytes > 0);
    for time in [limits.deadline, limits.start] {
        assert!(!time.is_zero() && time.as_secs() <= YEAR);
    }
    assert!(limits.request.as_secs() <= YEAR);
    for address in &options.addresses {
        assert!(address.is_local() && (1..=64).contains(&address.bytes().len()));
        assert_eq!(address.to_string().as_bytes(), address.bytes(), "a name is its own text");
        assert_ne!(address.bytes(), b"app");
    }
}

/// A file gives itself nothing that the operator did not give.
fn within_defaults(options: &WorkerOptions) {
    hold(options);
    assert!(options.grants.is_empty() && options.addresses.is_empty());
    let (given, most) = (&options.limits, Limits::default());
    macro_rules! at_most {
        ($($limit:ident)*) => {
            let Limits { $($limit: _,)* .. } = given;
            $(assert!(given.$limit <= most.$limit, stringify!($limit));)*
        };
    }
    at_most!(
        memory fuel deadline start request message mailbox_messages mailbox_bytes outbox_effects
        outbox_bytes log_lines log_bytes timers monitors children descendants state handles
    );
}

/// The lines that are said to allow it do.
fn allowed(beside: &str, lines: &str) {
    match manifest(beside, lines) {
        Ok(options) => hold(&options),
        Err(ConfigError::Value { file, .. }) => assert_eq!(file, "worker.toml"),
        Err(why) => panic!("{why}\nafter {lines}"),
    }
}

/// An error names its file and, but for the lines to be written, is one safe line.
fn refused(why: &ConfigError) {
    let text = why.to_string();
    assert!(text.starts_with("worker.toml") || text.starts_with("node.toml"), "{text:?}");
    match why {
        ConfigError::Ceiling { .. } => {
            text.lines().filter(|l| !l.is_empty()).for_each(words::are_safe)
        }
        _ => words::are_safe(&text),
    }
    if let ConfigError::Syntax { line, .. } = why {
        assert!(*line > 0);
    }
}
