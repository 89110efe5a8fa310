//! What new generations, dropped files and saved state cost, in figures.
//!
//! `cargo run --example generations [-- PART...]`, after `make guests host`. The parts are
//! `swap`, `drop` and `save`. Times are in microseconds: the middle one, the 99th of a
//! hundred, and the longest.

mod dropped;
mod saved;
mod swap;

use skep_tests::times::Times;

fn main() {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|word| word == part);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if wanted("swap") {
            swap::swap().await;
        }
        if wanted("drop") {
            dropped::dropped().await;
        }
        if wanted("save") {
            saved::saved().await;
        }
    });
}

fn line(name: &str, times: &Times) {
    println!("{name:<28} {times}");
}
