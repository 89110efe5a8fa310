//! A node starts, and stops when `main` returns: `cargo run --example 01-node`.

use skep::Node;

#[skep::node]
async fn main(node: Node) -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "a node with {} workers; the program itself is `{}`",
        node.workers().len(),
        node.app().address()
    );
    Ok(())
}
