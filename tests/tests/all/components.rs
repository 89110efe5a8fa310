//! Bytes that are no worker are refused, in words, and nothing of them runs.

use skep::error::StartError;
use skep_tests::Yard;
use skep_tests::guests::{component, guest, handler, module};

/// The reason for which bytes are refused.
async fn refused(yard: &Yard, bytes: Vec<u8>) -> String {
    let started = yard.try_start("w", bytes, |_| {}).await;
    let Err(StartError::Component(why)) = started else { panic!("{started:?}") };
    assert!(yard.workers().is_empty());
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_webassembly_is_named() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "is empty"),
        (b"\0", "ends too early"),
        (b"\0asm", "ends too early"),
        (b"(module)", "is WebAssembly text"),
        (b" ;; a comment\n(component)", "is WebAssembly text"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0", "is a native program"),
        (b"MZ\x90\0", "is a native program"),
        (b"#!/bin/sh\n", "is not WebAssembly"),
        (b"\0asm\x0d\0\x01\0", "is not a worker: it must export `skep:worker/handler@0.1`"),
    ];
    let yard = Yard::new().await;
    for (bytes, words) in cases {
        let why = refused(&yard, bytes.to_vec()).await;
        assert!(why.contains(words), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn components_that_are_no_workers_are_named() {
    let world = |items: &str| format!("package test:guest; world guest {{ {items} }}");
    let lacking = r#"(import "honey:jar/lid@1.0.0" "open" (func $open))
        (import "honey:jar/spoon@1.0.0" "stir" (func $stir))"#;
    let jar = "package honey:jar@1.0.0; interface lid { open: func(); } interface spoon { stir: func(); }";
    let imports = world(
        "import honey:jar/lid@1.0.0; import honey:jar/spoon@1.0.0; export skep:worker/handler@0.1.0;",
    );
    let body = "call $open call $stir i32.const 0";
    let no_handler =
        component(r#"(module (func (export "run")))"#, &world("export run: func();"), &[]);
    let cases = [
        (component(&module(lacking, "", body), &imports, &[jar]), "honey:jar/lid@1.0.0"),
        (component(&module(lacking, "", body), &imports, &[jar]), "honey:jar/spoon@1.0.0"),
        (no_handler, "is not a worker: it must export `skep:worker/handler@0.1`"),
        (wat::parse_str("(module)").unwrap(), "is a core module that does not export"),
    ];
    let yard = Yard::new().await;
    for (bytes, words) in cases {
        let why = refused(&yard, bytes).await;
        assert!(why.contains(words), "{words}: {why}");
    }
}

/// Only a first message would show it otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_other_types_is_refused_before_it_runs() {
    let component = |function: &str, parameter: &str| {
        let text = format!(
            r#"(component
                (core module $m
                    (memory (export "memory") 1)
                    (func (export "handle") (param i32 i32))
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
                (core instance $i (instantiate $m))
                (func $handle (param "payload" {parameter})
                    (canon lift (core func $i "handle") (memory (core memory $i "memory"))
                        (realloc (core func $i "realloc"))))
                (instance $handler (export "{function}" (func $handle)))
                (export "skep:worker/handler@0.1.0" (instance $handler)))"#
        );
        wat::parse_str(text).unwrap()
    };
    let yard = Yard::new().await;
    for (function, parameter) in
        [("handle", "string"), ("handle", "(list u8)"), ("other", "string")]
    {
        let why = refused(&yard, component(function, parameter)).await;
        assert!(why.contains("handle"), "{function} {parameter}: {why}");
        assert!(why.contains("does not fit this node"), "{function} {parameter}: {why}");
    }
}

/// Cut anywhere, a worker is refused, and the node lives.
#[tokio::test(flavor = "multi_thread")]
async fn half_a_worker_is_none() {
    let yard = Yard::new().await;
    for whole in [handler("", "i32.const 0"), guest("bare")] {
        let step = (whole.len() / 40).max(1);
        for end in (0..whole.len()).step_by(step) {
            refused(&yard, whole[..end].to_vec()).await;
        }
        yard.try_start("w", whole, |_| {}).await.unwrap();
        yard.node.stop_worker("w").await.unwrap();
    }
}

/// One byte changed anywhere: refused or harmless, and the node lives.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_worker_does_no_harm() {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    let whole = handler("", "i32.const 0");
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        if yard.try_start("w", damaged, |options| options.limits.fuel = 100_000).await.is_ok() {
            let _ = yard.ask("w", "x").await;
            yard.node.stop_worker("w").await.unwrap();
        }
    }
    assert_eq!(yard.answer("bare", "hello").await, "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_taken_once() {
    let yard = Yard::new().await;
    yard.start_with("w", "bare", |options| options.addresses = vec!["also".into()]).await;
    for name in ["w", "also"] {
        let taken = yard.try_start(name, guest("bare"), |_| {}).await;
        assert_eq!(taken, Err(StartError::AddressTaken(name.into())));
    }
    // All its addresses, or none.
    let taken = yard.try_start("new", guest("bare"), |options| {
        options.addresses = vec!["free".into(), "also".into()];
    });
    assert_eq!(taken.await, Err(StartError::AddressTaken("also".into())));
    yard.start("free", "bare").await;
    yard.start("new", "bare").await;
    assert_eq!(yard.answer("also", "hello").await, "hello");
}
