//! Lists the hostile guests, a macro for each group: a guest without its test does not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{env, fs};

/// Where the guests are, each named by its row and what it does: `g2_1_endless_loop.wat`.
const GUESTS: &str = "guests/hostile";

fn main() {
    println!("cargo::rerun-if-changed={GUESTS}");
    let mut groups = BTreeMap::<String, BTreeSet<String>>::new();
    for entry in fs::read_dir(GUESTS).expect("the guests' folder") {
        let path = entry.expect("a guest").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let group = name.split('_').next().unwrap_or_default().to_owned();
        groups.entry(group).or_default().insert(name);
    }
    let text: String = groups.iter().map(|(group, names)| foreach(group, names)).collect();
    let out = env::var("OUT_DIR").expect("cargo runs this");
    fs::write(Path::new(&out).join("hostile.rs"), text).expect("a file");
}

/// `foreach_g2!(m)` is `m!(…);` for each guest of the group `g2`.
fn foreach(group: &str, names: &BTreeSet<String>) -> String {
    let calls: String = names.iter().map(|name| format!("$each!({name}); ")).collect();
    format!("macro_rules! foreach_{group} {{ ($each:ident) => {{ {calls} }}; }}\n")
}
