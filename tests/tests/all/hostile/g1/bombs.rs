//! Binaries that are made to keep a compiler busy.

use std::time::{Duration, Instant};

use skep_tests::binary::{body, leb, section, worker};
use skep_tests::process::{Peak, is_shared};
use skep_tests::trial::attack;
use tokio::time::sleep;

use super::refused;

/// Between two looks at what is over.
const PAUSE: Duration = Duration::from_millis(20);

/// What reading a file that is refused may take of memory beside the file itself.
const ROOM: u64 = 48 << 20;

#[test]
pub(super) fn g1_6_many_functions() {
    let module = worker(&body(&[0], &[]).repeat(1_000_000), 1_000_000);
    refused(row!(g1_6_many_functions.txt), || module.clone(), "functions, and the node compiles");
}

#[test]
pub(super) fn g1_6_one_huge_function() {
    let module = worker(&body(&[0], &[1; 7_000_000]), 1);
    refused(row!(g1_6_one_huge_function.txt), || module.clone(), "bytes in one function");
}

#[test]
pub(super) fn g1_6_many_locals() {
    let module = worker(&locals(50_000), 1);
    let words = "has 50000 local variables in one function";
    refused(row!(g1_6_many_locals.txt), || module.clone(), words);
}

#[test]
pub(super) fn g1_6_huge_br_table() {
    let module = worker(&br_table(2_000_000), 1);
    refused(row!(g1_6_huge_br_table.txt), || module.clone(), "bytes in one function");
}

/// What is within the bounds may take its time, but not that of others.
#[test]
pub(super) fn g1_6_within_the_bounds() {
    let bombs = [
        ("5,000 functions", worker(&body(&[0], &[]).repeat(5_000), 5_000)),
        ("1 MB in one", worker(&body(&[0], &[1; 1_000_000]), 1)),
        ("20,000 locals", worker(&locals(20_000), 1)),
        ("30,000 targets", worker(&br_table(30_000), 1)),
        ("1,000 branches", worker(&tangle(1_000, 1_000), 1)),
    ];
    attack(row!(g1_6_within_the_bounds.txt), async |trial| {
        // The compiler's threads keep what they have needed.
        trial.may_leave = 96 << 20;
        let mut saw = Vec::new();
        for (what, bomb) in bombs {
            let mut bomb = Some(bomb);
            // A second time its code would be there already.
            trial
                .beside(async |yard| {
                    let Some(bomb) = bomb.take() else { return sleep(PAUSE).await };
                    let began = Instant::now();
                    let started = yard.try_start("w", bomb, |_| {}).await;
                    saw.push(format!("{what}: {} ms", began.elapsed().as_millis()));
                    started.unwrap_or_else(|why| panic!("{what}: {why}"));
                    yard.node.stop_worker("w").await.unwrap();
                })
                .await;
        }
        saw.join(", ")
    });
}

/// Refused before it is compiled: what the compiler keeps goes with the product.
#[test]
pub(super) fn g1_6_tangled_variables() {
    let mut bomb = Some(worker(&tangle(10_000, 5_000), 1));
    attack(row!(g1_6_tangled_variables.txt), async |trial| {
        trial.may_leave = 96 << 20;
        let peak = Peak::begin();
        let mut saw = String::new();
        trial
            .beside(async |yard| {
                let Some(bomb) = bomb.take() else { return sleep(PAUSE).await };
                saw = match yard.try_start("w", bomb, |_| {}).await {
                    Ok(_) => "compiled".into(),
                    Err(why) => why.to_string(),
                };
            })
            .await;
        let grown = peak.grown() >> 20;
        assert!(saw.contains("variables at branches"), "{saw}");
        assert!(is_shared() || grown < 128, "{saw} with {grown} MiB");
        format!("{saw} with {grown} MiB")
    });
}

#[test]
pub(super) fn g1_7_nested_components() {
    let mut nested = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..10_000 {
        let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
        section(&mut outer, 4, &nested);
        nested = outer;
    }
    refused(row!(g1_7_nested_components.txt), || nested.clone(), "levels of nested components");
}

#[test]
pub(super) fn g1_7_type_recursion() {
    let mut types = vec![1];
    types.extend([0x42, 1, 1].repeat(1_000_000));
    types.extend([0x42, 0]);
    let mut nested = b"\0asm\x0d\0\x01\0".to_vec();
    section(&mut nested, 7, &types);
    refused(row!(g1_7_type_recursion.txt), || nested.clone(), "levels of nested types");
}

#[test]
pub(super) fn g1_7_many_types() {
    let mut types = leb(100_001);
    types.extend([0x60, 0, 0].repeat(100_001));
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(&mut module, 1, &types);
    refused(row!(g1_7_many_types.txt), || module.clone(), "types");
}

/// A function with so many variables, each of them used.
fn locals(count: u32) -> Vec<u8> {
    let mut instructions = Vec::new();
    for local in 0..count.min(100_000) {
        // The next one gets this one and one more.
        instructions.extend([&[0x20][..], &leb(local), &[0x41, 1, 0x6a, 0x21]].concat());
        instructions.extend(leb((local + 1) % count));
    }
    let groups = [&[1][..], &leb(count), &[0x7f]].concat();
    body(&groups, &instructions)
}

/// A function with so many branches, each of which sets one of so many variables: what a
/// compiler keeps of each variable at each branch is their product.
fn tangle(branches: u32, count: u32) -> Vec<u8> {
    let local = |number: u32| leb(number % count);
    let mut code = vec![0x03, 0x40];
    for branch in 0..branches {
        let [tested, read, set] = [7_919, 104_729, 1_299_709].map(|by| branch.wrapping_mul(by));
        code.extend([&[0x20][..], &local(tested), &[0x04, 0x40, 0x20], &local(read)].concat());
        code.extend([&[0x21][..], &local(set), &[0x0b]].concat());
    }
    code.extend([0x0c, 0, 0x0b]);
    body(&[&[1][..], &leb(count), &[0x7f]].concat(), &code)
}

/// A function with a `br_table` of so many targets, all of them the function's end.
fn br_table(targets: u32) -> Vec<u8> {
    let mut instructions = vec![0x41, 0, 0x0e];
    instructions.extend(leb(targets));
    instructions.resize(instructions.len() + targets as usize + 1, 0);
    body(&[0], &instructions)
}

/// Bytes that the embedding program hands over: refused by their number, before they are
/// looked at.
#[test]
fn too_many_bytes_are_refused_unread() {
    attack(row!(g1_5_sparse_file.txt).as_attack("g1_5_many_bytes"), async |trial| {
        let peak = Peak::begin();
        let why = trial.beside(async |yard| yard.refusal(vec![0; (32 << 20) + 1]).await).await;
        assert!(why.contains("has 33554433 bytes, and the node takes at most 33554432"), "{why}");
        let grown = peak.grown();
        assert!(is_shared() || grown < (32 << 20) + ROOM, "{grown} bytes");
        why
    });
}
