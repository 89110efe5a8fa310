//! G1: files that are no workers, or that hurt whoever reads, compiles or begins them.

mod bombs;
mod folder;
mod start;

use bombs::*;
use folder::*;
use skep::error::StartError;
use skep_tests::trial::{Row, attack};
use start::*;

foreach_g1!(assert_test_exists);

/// Bytes that are refused each time, in these words.
fn refused(row: Row, bytes: impl Fn() -> Vec<u8>, words: &str) {
    attack(row, async |trial| {
        let why = trial.beside(async |yard| yard.refusal(bytes()).await).await;
        assert!(why.contains(words), "{why}");
        assert_eq!(trial.yard.workers(), ["neighbour"]);
        why
    });
}

/// A component or module in text that is refused.
fn refused_text(row: Row, words: &str) {
    refused(row, || row.core(), words);
}

#[test]
fn g1_1_truncated() {
    attack(row!(g1_1_truncated.wat), async |trial| {
        let whole = trial.row.core();
        let mut random = 1_u64;
        let why = trial
            .beside(async |yard| {
                for end in 0..whole.len() {
                    yard.refusal(whole[..end].to_vec()).await;
                }
                for magic in ["", "\0asm\x01\0\0\0", "\0asm\x0d\0\x01\0"] {
                    let mut bytes = magic.as_bytes().to_vec();
                    bytes.extend((0..200).map(|_| next(&mut random)));
                    yard.refusal(bytes).await;
                }
                yard.refusal(whole[..whole.len() - 1].to_vec()).await
            })
            .await;
        assert!(why.contains("ends too early"), "{why}");
        trial.start(|_| {}).await;
        assert_eq!(trial.yard.answer("w", "whole").await, "whole");
        why
    });
}

/// The next of some random bytes.
fn next(random: &mut u64) -> u8 {
    *random =
        random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*random >> 56) as u8
}

#[test]
fn g1_2_core_module() {
    refused_text(row!(g1_2_core_module.wat), "a core module that does not export `skep:worker");
}

#[test]
fn g1_2_preview1_module() {
    refused_text(row!(g1_2_preview1_module.wat), "imports `wasi_snapshot_preview1`");
}

#[test]
fn g1_4_text() {
    let row = row!(g1_4_text.wat);
    refused(row, || row.guest.into(), "is WebAssembly text, which is not loaded");
}

#[test]
fn g1_8_many_memories() {
    refused_text(row!(g1_8_many_memories.wat), "has 33 memories");
}

#[test]
fn g1_8_many_instances() {
    refused_text(row!(g1_8_many_instances.wat), "instances of modules");
}

#[test]
fn g1_8_many_tables() {
    refused_text(row!(g1_8_many_tables.wat), "tables, and the node compiles at most 64");
}

#[test]
fn g1_9_large_memory() {
    refused_text(row!(g1_9_large_memory.wat), "needs 72089600 bytes of memory to begin with");
}

#[test]
fn g1_9_memory64() {
    refused_text(row!(g1_9_memory64.wat), "has a 64-bit memory");
}

#[test]
fn g1_9_shared_memory() {
    refused_text(row!(g1_9_shared_memory.wat), "has a memory shared between threads");
}

#[test]
fn g1_10_unknown_imports() {
    let words = "imports what this node does not offer: `honey:jar/lid@1.0.0`, `wasi:http/types@";
    refused_text(row!(g1_10_unknown_imports.wat), words);
}

/// Found out when it is put into the node, or by its first message at the latest.
#[test]
fn g1_11_wrong_types() {
    attack(row!(g1_11_wrong_types.wat), async |trial| {
        let component = trial.row.core();
        let why = trial
            .beside(async |yard| match yard.try_start("w", component.clone(), |_| {}).await {
                Err(StartError::Component(why)) => why,
                started => {
                    assert!(started.is_ok(), "{started:?}");
                    let why = yard.failure("w", "x").await;
                    yard.node.stop_worker("w").await.unwrap();
                    why
                }
            })
            .await;
        assert!(why.contains("expected no `err` type"), "{why}");
        why.rsplit("it failed to start: ").next().unwrap_or(&why).into()
    });
}

#[test]
fn g1_11_wrong_signature() {
    refused_text(row!(g1_11_wrong_signature.wat), "does not fit the world of a worker");
}

#[test]
fn g1_11_other_version() {
    let row = row!(g1_11_other_version.wat);
    refused_text(row, "expected `skep:worker/handler@0.1`, found version 0.2.0");
}
