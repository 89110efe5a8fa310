//! Every guest is built and used; whatever is in the folder has a name here.

use std::collections::BTreeSet;

use skep_tests::guests::{OWN, ROOT, guest};

/// A guest without tests, or a test without its guest, is noticed here.
#[test]
fn folders_and_names_are_the_same() {
    let folders = std::fs::read_dir(format!("{ROOT}/tests/guests")).unwrap();
    let folders: BTreeSet<_> = folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").exists())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(folders, OWN.map(str::to_owned).into());
}

#[test]
fn each_is_built() {
    for name in OWN {
        assert!(guest(name).starts_with(b"\0asm"), "{name}");
    }
}
