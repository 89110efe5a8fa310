//! `skep inspect`: what a file is, and what it would be given.

use std::path::Path;

use skep::offline::{self, Asked, Inspection};

use crate::failure::Failure;
use crate::output::{self, bytes};
use crate::task::Subject;

pub(crate) fn inspect(directory: &Path, subject: &Subject) -> Result<(), Failure> {
    let inspected = offline::inspect(&subject.file, directory);
    let inspected = inspected.map_err(|why| Failure::new(why.to_string()))?;
    if subject.json { output::json(&inspected) } else { show(&inspected) }?;
    let Inspection { file, refused, manifest_refused, .. } = inspected;
    let refused = refused.map(|why| format!("{file} {why}"));
    let whys: Vec<String> = refused.into_iter().chain(manifest_refused).collect();
    if whys.is_empty() { Ok(()) } else { Err(Failure::new(whys.join("\n"))) }
}

fn show(inspected: &Inspection) -> Result<(), Failure> {
    let mut rows = vec![
        ("file", inspected.file.clone()),
        ("size", format!("{} ({} bytes)", short(inspected.bytes), inspected.bytes)),
        ("digest", inspected.digest.clone()),
        ("kind", kind(inspected.kind).to_owned()),
        ("language", or(&inspected.languages, ", ", "not told")),
    ];
    rows.extend(inspected.world.map(|world| ("world", world.to_owned())));
    let names = [("imports", &inspected.imports), ("exports", &inspected.exports)];
    for (key, names) in names {
        rows.extend(names.as_ref().map(|names| (key, or(names, "\n", "nothing"))));
    }
    let needed = |wasi| if wasi { "needed; it is given an empty one" } else { "not needed" };
    rows.extend(inspected.wasi.map(|wasi| ("WASI", needed(wasi).to_owned())));
    rows.extend(memory(inspected).map(|memory| ("memory", memory)));
    rows.extend(inspected.given.as_ref().map(given).into_iter().flatten());
    for (name, value) in rows {
        // Further lines are indented, so that none looks like a row.
        let value = value.replace('\n', "\n              ");
        output::line(&format!("{name:<12}  {value}"))?;
    }
    Ok(())
}

fn kind(kind: &str) -> &'static str {
    match kind {
        "component" => "component",
        "core-module" => "core module; the node makes a component of it",
        _ => "unknown",
    }
}

fn memory(inspected: &Inspection) -> Option<String> {
    let (memories, tables) = (inspected.memories?, inspected.tables?);
    let plural = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    Some(format!(
        "{} and {}, {} to begin with",
        plural(memories, "memory", "memories"),
        plural(tables, "table", "tables"),
        short(inspected.initial_bytes?)
    ))
}

/// What its manifest gives it.
fn given(asked: &Asked) -> Vec<(&'static str, String)> {
    let number = |key: &&str| {
        let number = asked.limits.get(key).copied().unwrap_or_default();
        format!("{key} {}", limit(key, number))
    };
    let limits: Vec<String> = asked.changed_limits.iter().map(number).collect();
    let manifest = asked.manifest.clone();
    let mut rows = Vec::from([(
        "manifest",
        manifest.unwrap_or_else(|| "none: it runs by the defaults".into()),
    )]);
    let other = asked.component.as_ref();
    rows.extend(
        other.map(|other| ("component", format!("{other}, by its manifest: not this file"))),
    );
    rows.extend([
        ("grants", or(&asked.grants, ", ", "none")),
        ("addresses", or(&asked.addresses, ", ", "its name alone")),
        ("access", access(asked)),
        ("network", or(&asked.network, ", ", "no other node")),
        ("limits", or(&limits, "\n", "the defaults")),
    ]);
    rows
}

fn access(asked: &Asked) -> String {
    match asked.access.as_str() {
        "peers" => "peers: other nodes may write to it".into(),
        "local" => "local: only this node may write to it".into(),
        "" => "of an empty list: only this node may write to it".into(),
        identities => format!("{identities}: who proves to be one of these may write to it"),
    }
}

/// A limit as people read it: by its key one sees what it counts.
fn limit(key: &str, number: u64) -> String {
    match key {
        "memory" | "message" | "mailbox-bytes" | "outbox-bytes" | "log-bytes" | "held-bytes"
        | "state" | "host-bytes" | "random" => short(number),
        "deadline" | "start" | "request" => format!("{number} ms"),
        _ => number.to_string(),
    }
}

fn or<T: AsRef<str>>(words: &[T], between: &str, none: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    if words.is_empty() { none.to_owned() } else { words.join(between) }
}

fn short(count: u64) -> String {
    bytes(usize::try_from(count).unwrap_or(usize::MAX))
}
