//! From a file that is dropped into the directory to the first answer of its worker.

use std::fs;
use std::path::Path;
use std::time::Duration;

use skep::Node;
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::times::{Times, title};
use tokio::time::Instant;

use crate::line;

/// Files of each kind.
const FILES: u32 = 20;

pub(crate) async fn dropped() {
    let component = guest("bare");
    title(&format!("from a rename into workers/ to the first answer, {} bytes", component.len()));
    let home = tempfile::tempdir().expect("a directory");
    let yard = Yard::of(Node::builder().threads(2).directory(home.path())).await;
    let (mut cold, mut cached) = (Times::default(), Times::default());
    for number in 0..FILES {
        let own = with_number(component.clone(), number);
        cold.add(first_answer(&yard, home.path(), &own).await);
        remove(&yard, home.path()).await;
        cached.add(first_answer(&yard, home.path(), &own).await);
        remove(&yard, home.path()).await;
    }
    line("cold", &cold);
    line("compiled before", &cached);
}

/// The same component with other bytes: a custom section with a number.
fn with_number(mut component: Vec<u8>, number: u32) -> Vec<u8> {
    component.extend([0, 6, 1, b'n']);
    component.extend(number.to_le_bytes());
    component
}

async fn first_answer(yard: &Yard, home: &Path, component: &[u8]) -> Duration {
    let workers = home.join("workers");
    fs::write(workers.join(".aside"), component).expect("a file");
    let began = Instant::now();
    fs::rename(workers.join(".aside"), workers.join("w.wasm")).expect("a file");
    loop {
        if yard.app.send_and_receive::<String>("w", "x").await.is_ok() {
            return began.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn remove(yard: &Yard, home: &Path) {
    fs::remove_file(home.join("workers/w.wasm")).expect("it is there");
    while yard.status("w").is_some() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
