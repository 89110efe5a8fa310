//! Every body on the stable toolchain: on many inputs from a fixed seed, and on those that
//! were kept.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use skep_fuzz::{Body, TARGETS};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Runs a body on so many inputs.
fn holds<S: Strategy<Value = Vec<u8>>>(body: Body, cases: u32, inputs: S) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        rng_seed: RngSeed::Fixed(0),
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&inputs, |bytes| {
        body(&bytes);
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

fn bytes(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..longest)
}

#[test]
fn frames() {
    holds(skep_fuzz::frame::body, 4_000, bytes(600));
}

/// CBOR more often than chance makes it.
#[test]
fn frames_of_likely_bytes() {
    const HEADS: &[u8] = &[
        0x80, 0x81, 0x82, 0x83, 0x84, 0x40, 0x41, 0x43, 0x60, 0x61, 0xf6, 0x9f, 0xff, 0x00, 0x01,
        0x18, 0x58, 0x5b, 0xa1, 0xc1,
    ];
    let heads = prop::collection::vec(prop::sample::select(HEADS), 1..40);
    let framed = heads.prop_map(|heads| [&[1], &heads[..]].concat());
    holds(skep_fuzz::frame::body, 4_000, framed);
}

#[test]
fn routes() {
    holds(skep_fuzz::route::body, 4_000, bytes(200));
}

#[test]
fn routes_of_likely_text() {
    let text = "[ ,#%a-f0-9.:é\\t]{0,40}";
    holds(skep_fuzz::route::body, 4_000, text.prop_map(|text| [&[0], text.as_bytes()].concat()));
}

#[test]
fn secure_handshakes() {
    holds(skep_fuzz::secure_handshake::body, 2_000, bytes(500));
}

#[test]
fn secure_messages() {
    holds(skep_fuzz::secure_message::body, 2_000, bytes(500));
}

/// Messages in secure channels, of likely bytes.
#[test]
fn secure_messages_of_likely_bytes() {
    const HEADS: &[u8] = &[
        0x80, 0x81, 0x82, 0x83, 0x84, 0x40, 0x41, 0x42, 0x00, 0x01, 0x02, 0x18, 0x58, 0x5b, 0x9b,
        0x9f, 0xf6, 0xff,
    ];
    let heads = prop::collection::vec(prop::sample::select(HEADS), 1..30);
    let opened = heads.prop_map(|heads| [&[0, 0x82, 0x82], &heads[..]].concat());
    holds(skep_fuzz::secure_message::body, 4_000, opened);
}

/// Lines as they may stand in the files.
const LINES: &[&str] = &[
    "component = \"echo\"",
    "address = [\"echo\", \"e\"]",
    "args = \"a b\"",
    "config = { a = \"b\" }",
    "grants = [\"start-workers\"]",
    "grants = [\"stop-node\", \"start-workers\"]",
    "mailbox = { messages = 7, bytes = \"1GiB\", overflow = \"drop-oldest\" }",
    "mailbox.messages = 9223372036854775807",
    "full = \"wait\"",
    "save = \"every-message\"",
    "limits.memory = \"1GiB\"",
    "limits.fuel = 0",
    "limits.fuel = 9223372036854775807",
    "limits.deadline = \"8784h\"",
    "limits.mailbox-bytes = 1",
    "limits.log-lines = 4294967295",
    "[limits]",
    "memory = 1",
    "start = \"9h\"",
    "\0",
    "\0[ceiling]",
    "[ceiling.limits]",
    "addresses = [\"echo\"]",
    "[workers.echo]",
    "[workers.b.limits]",
    "[node]",
    "threads = 65535",
    "drain = \"0s\"",
];

/// Keys and values that are put together by chance.
const KEYS: &[&str] = &[
    "component",
    "address",
    "config",
    "grants",
    "mailbox.bytes",
    "idempotent",
    "limits.children",
    "memory",
    "fuel",
    "timers",
    "adress",
    "limits.memmory",
    "cache",
    "grants\u{1b}",
];
const VALUES: &[&str] = &[
    "0",
    "-1",
    "1.5",
    "true",
    "\"\"",
    "\"64MiB\"",
    "\"99999999999GiB\"",
    "\"500ms\"",
    "\"app\"",
    "[]",
    "[\"a\", \"a\"]",
    "\"\\u001b[31m\"",
    "\"\u{202e}\"",
    "'''\n'''",
    "[1",
    "1979-05-27",
];

fn line() -> impl Strategy<Value = String> {
    use prop::sample::select;
    prop_oneof![
        6 => select(LINES).prop_map(str::to_owned),
        2 => (select(KEYS), select(VALUES)).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => "\\PC{0,12}",
    ]
}

#[test]
fn manifests() {
    let texts = prop::collection::vec(line(), 0..6).prop_map(|lines| lines.join("\n").into_bytes());
    holds(skep_fuzz::manifest::body, 4_000, texts);
}

#[test]
fn manifests_of_any_bytes() {
    holds(skep_fuzz::manifest::body, 1_000, bytes(100));
}

#[test]
fn prescans() {
    holds(skep_fuzz::prescan::body, 1_000, bytes(4_000));
}

#[test]
fn loads() {
    holds(skep_fuzz::load::body, 200, bytes(2_000));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_was_kept_holds() {
    for (name, body) in TARGETS {
        let seeds = files(&Path::new(HERE).join("seeds").join(name));
        assert!(!seeds.is_empty(), "there are no seeds for `{name}`");
        for seed in seeds {
            println!("{}", seed.display());
            body(&fs::read(seed).unwrap());
        }
    }
}

/// Each body is a target of libFuzzer too, and the other way round.
#[test]
fn every_body_has_its_target() {
    let mut targets: Vec<_> = TARGETS.iter().map(|(name, _)| format!("{name}.rs")).collect();
    targets.sort();
    let folder = Path::new(HERE).join("libfuzzer");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let sources = files(&folder.join("targets"));
    let names: Vec<_> =
        sources.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, targets);
    for (name, _) in TARGETS {
        let source = fs::read_to_string(folder.join(format!("targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("skep_fuzz::{name}::body")), "{name}");
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
    }
    let folders: Vec<_> = files(&Path::new(HERE).join("seeds"));
    assert_eq!(folders.len(), TARGETS.len(), "{folders:?}");
}
