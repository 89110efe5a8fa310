//! `skep inspect`: what a file is, told without running it.

use std::fs;
use std::path::Path;
use std::process::Output;

use skep_tests::guests::{component, guest, handler, module};
use tempfile::TempDir;

use crate::hive::{failed, skep};

fn bench(files: &[(&str, &[u8])]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(home.path().join(name), bytes).unwrap();
    }
    home
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    skep().current_dir(home).arg("inspect").args(arguments).output().unwrap()
}

#[track_caller]
fn done(home: &Path, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` in {text}");
    }
}

#[test]
fn a_guest_is_shown_as_what_it_is() {
    let keeper = guest("keeper");
    let home = bench(&[("keeper.wasm", &keeper), ("bare.wasm", &guest("bare"))]);
    let shown = done(home.path(), &["keeper.wasm"]);
    says(
        &shown,
        &[
            "file          keeper.wasm\n",
            &format!("({} bytes)\n", keeper.len()),
            "kind          core module; the node makes a component of it\n",
            "language      ",
            "world         full-worker\n",
            "WASI          not needed\n",
            "memory        1 memory and ",
            "skep:worker/state@0.1.0",
            "manifest      none: it runs by the defaults\n",
            "grants        none\n",
            "limits        the defaults\n",
        ],
    );
    let json = done(home.path(), &["bare.wasm", "--json"]);
    says(
        &json,
        &[
            "\"kind\": \"core-module\"",
            "\"world\": \"worker\"",
            "\"wasi\": false",
            "\"memories\": 1,",
            "\"refused\": null",
            "\"manifest\": null",
            "\"deadline\": 2000,",
            "\"changed_limits\": []",
        ],
    );
    // The digest is that of the file, as `skep ps` shows it.
    let digest = |json: &str| {
        json.split("\"digest\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (one, two) = (digest(&json), digest(&done(home.path(), &["keeper.wasm", "--json"])));
    assert!(one.len() == 64 && one != two, "{one} {two}");
}

#[test]
fn what_would_be_refused_is_shown_as_far_as_it_can_be_read() {
    let foreign = component(
        &module(
            "(import \"test:guest/foreign@1.0.0\" \"f\" (func $f))",
            "(memory 3)",
            "call $f i32.const 0",
        ),
        "package test:guest@1.0.0; interface foreign { f: func(); } \
         world guest { import foreign; export skep:worker/handler@0.1.0; }",
        &[],
    );
    let good = handler("", "i32.const 0");
    let home = bench(&[
        ("foreign.wasm", &foreign),
        ("half.wasm", &good[..good.len() - 1]),
        ("core.wasm", b"\0asm\x01\0\0\0"),
        ("text.wasm", b"(component)"),
    ]);
    let output = run(home.path(), &["foreign.wasm"]);
    failed(&output, 1, &["foreign.wasm imports what this node does not offer"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    says(
        &shown,
        &[
            "imports       test:guest/foreign@1.0.0\n",
            "memory        2 memories and ",
            "256.0 KiB to begin with",
            "world         worker\n",
        ],
    );
    let output = run(home.path(), &["half.wasm", "--json"]);
    failed(&output, 1, &["half.wasm ends too early"]);
    let json = String::from_utf8(output.stdout).unwrap();
    says(&json, &["\"kind\": \"component\"", "\"imports\": null", "\"refused\": \"ends too early"]);
    let output = run(home.path(), &["core.wasm"]);
    failed(&output, 1, &["core.wasm is a core module that does not export"]);
    let output = run(home.path(), &["text.wasm"]);
    failed(&output, 1, &["text.wasm is WebAssembly text"]);
    says(&String::from_utf8(output.stdout).unwrap(), &["kind          unknown\n"]);
    failed(&run(home.path(), &["nowhere.wasm"]), 1, &["nowhere.wasm: cannot be read"]);
    failed(&run(home.path(), &["."]), 1, &["is not a regular file"]);
}

#[test]
fn what_it_would_be_given_is_told_by_its_manifest_and_the_node() {
    let home = bench(&[
        ("x.wasm", &handler("", "i32.const 0")),
        (
            "x.toml",
            b"grants = [\"start-workers\"]\naddress = [\"y\"]\nlimits = { fuel = 90000000, memory = \"1MiB\" }",
        ),
    ]);
    let output = run(home.path(), &["x.wasm"]);
    let words = ["x.toml asks for the grant `start-workers`", "fuel = 90000000", "[ceiling]"];
    failed(&output, 1, &words);
    says(&String::from_utf8(output.stdout).unwrap(), &["world         worker\n"]);
    let json = String::from_utf8(run(home.path(), &["x.wasm", "--json"]).stdout).unwrap();
    says(&json, &["\"given\": null", "\"manifest_refused\": \"x.toml asks", "\"refused\": null"]);

    fs::create_dir(home.path().join("hive")).unwrap();
    let node = home.path().join("hive/node.toml");
    let ceiling = "[ceiling]\ngrants = [\"start-workers\"]\naddresses = [\"y\"]\n\
        limits = { fuel = 100000000 }\n";
    fs::write(&node, ceiling).unwrap();
    says(
        &done(home.path(), &["x.wasm"]),
        &[
            "manifest      x.toml\n",
            "grants        start-workers\n",
            "addresses     y\n",
            "limits        fuel 90000000\n              memory 1.0 MiB\n",
        ],
    );
    fs::write(&node, format!("{ceiling}[workers.x]\nargs = \"1\"")).unwrap();
    failed(&run(home.path(), &["x.wasm"]), 1, &["are both manifests of this worker"]);
    fs::remove_file(home.path().join("x.toml")).unwrap();
    says(&done(home.path(), &["x.wasm"]), &["manifest      hive/node.toml [workers.x]\n"]);
    fs::write(home.path().join("x.toml"), "limits = { memory = \"1KiB\" }").unwrap();
    fs::remove_file(&node).unwrap();
    failed(&run(home.path(), &["x.wasm"]), 1, &["x.wasm needs 65536 bytes of memory"]);
}

/// A manifest that has its worker run something else is about that, if it is there.
#[test]
fn a_component_that_the_manifest_names_has_to_be_there() {
    let home =
        bench(&[("x.wasm", &handler("", "i32.const 0")), ("x.toml", b"component = \"other\"")]);
    let refused = ["x.toml: there is no component other.wasm: put it there, or name another"];
    failed(&run(home.path(), &["x.wasm"]), 1, &refused);
    fs::write(home.path().join("other.wasm"), handler("", "i32.const 0")).unwrap();
    says(&done(home.path(), &["x.wasm"]), &["component     other, by its manifest: not this file"]);
    says(&done(home.path(), &["x.wasm", "--json"]), &["\"component\": \"other\""]);
    fs::write(home.path().join("x.toml"), "component = \"x\"").unwrap();
    says(&done(home.path(), &["x.wasm", "--json"]), &["\"component\": null"]);
    fs::remove_file(home.path().join("x.toml")).unwrap();
    fs::create_dir_all(home.path().join("hive/workers")).unwrap();
    fs::write(home.path().join("hive/node.toml"), "[workers.x]\ncomponent = \"other\"").unwrap();
    let refused = ["hive/node.toml [workers.x]: there is no component hive/workers/other.wasm"];
    failed(&run(home.path(), &["x.wasm"]), 1, &refused);
}

/// A component says of itself what it likes; nothing of it reaches the terminal as it is.
#[test]
fn what_a_file_says_of_itself_is_made_safe() {
    let producers =
        "(@producers (language \"Bee\\1b[31m\\0aforged\" \"1\") (language \"Rust\" \"2\"))";
    let home = bench(&[("x.wasm", &handler(producers, "i32.const 0"))]);
    let shown = done(home.path(), &["x.wasm"]);
    says(&shown, &["language      Bee\\u{1b}[31m forged, Rust\n"]);
    assert!(!shown.contains('\x1b'));
}
