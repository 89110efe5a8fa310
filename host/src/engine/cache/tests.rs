//! Entries that are right, damaged, moved and too many; keys that are right and wrong.

use std::os::unix::fs::MetadataExt;

use tempfile::TempDir;

use super::*;

fn component(engine: &Engine) -> (blake3::Hash, Component) {
    let bytes = b"\0asm\x0d\0\x01\0";
    (blake3::hash(bytes), Component::from_binary(engine, bytes).expect("an empty component"))
}

fn open(home: &TempDir) -> Cache {
    Cache::with_capacity(&home.path().join("cache"), &home.path().join("key"), CAPACITY)
        .expect("a cache")
}

fn entries(cache: &Cache) -> Vec<PathBuf> {
    fs::read_dir(&cache.dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").mode() & 0o777
}

#[test]
fn what_is_stored_is_loaded() {
    let home = TempDir::new().expect("a folder");
    let (engine, cache) = (Engine::default(), open(&home));
    let (digest, code) = component(&engine);
    assert!(cache.load(&engine, &digest).is_none());
    cache.store(&engine, &digest, &code);
    assert!(cache.load(&engine, &digest).is_some());
    assert!(open(&home).load(&engine, &digest).is_some(), "the key is kept");
    assert!(cache.load(&engine, &blake3::hash(b"other")).is_none());

    let mut fuel = wasmtime::Config::new();
    fuel.consume_fuel(true);
    let other = Engine::new(&fuel).expect("an engine");
    assert!(cache.load(&other, &digest).is_none(), "another engine compiles anew");
    assert_eq!((mode(&cache.dir), mode(&entries(&cache)[0])), (0o700, 0o600));
    assert_eq!(mode(&home.path().join("key")), 0o600);
}

#[test]
fn damaged_entries_are_not_loaded() {
    let home = TempDir::new().expect("a folder");
    let (engine, cache) = (Engine::default(), open(&home));
    let (digest, code) = component(&engine);
    cache.store(&engine, &digest, &code);
    let path = entries(&cache).remove(0);
    let good = fs::read(&path).expect("an entry");
    for at in [0, 31, 32, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).expect("it is written");
        assert!(cache.load(&engine, &digest).is_none(), "byte {at}");
        fs::write(&path, &good[..at]).expect("it is written");
        assert!(cache.load(&engine, &digest).is_none(), "cut at {at}");
    }
    cache.store(&engine, &digest, &code);
    assert!(cache.load(&engine, &digest).is_some(), "it is overwritten");
}

#[test]
fn an_entry_under_another_name_is_not_loaded() {
    let home = TempDir::new().expect("a folder");
    let (engine, cache) = (Engine::default(), open(&home));
    let (digest, code) = component(&engine);
    cache.store(&engine, &digest, &code);
    let other = blake3::hash(b"other");
    let target = cache.dir.join(entry_name(&engine, &other));
    fs::rename(entries(&cache).remove(0), target).expect("it is renamed");
    assert!(cache.load(&engine, &other).is_none());
}

/// After `spoil`, the key is another one and nobody else's to read.
fn key_is_made_anew(spoil: impl Fn(&Path)) {
    let home = TempDir::new().expect("a folder");
    let key = home.path().join("key");
    let before = open(&home).key;
    assert_eq!(open(&home).key, before);
    spoil(&key);
    assert_ne!(open(&home).key, before);
    assert_eq!((mode(&key), fs::read(&key).expect("a key").len()), (0o600, 32));
}

#[test]
fn keys_that_are_wrong_or_known_are_made_anew() {
    key_is_made_anew(|key| fs::write(key, [0; 31]).expect("written"));
    key_is_made_anew(|key| fs::write(key, [0; 33]).expect("written"));
    key_is_made_anew(|key| fs::remove_file(key).expect("removed"));
    let open_to_all = fs::Permissions::from_mode(0o644);
    key_is_made_anew(|key| fs::set_permissions(key, open_to_all.clone()).expect("set"));
    key_is_made_anew(|key| {
        let elsewhere = key.with_extension("elsewhere");
        fs::rename(key, &elsewhere).expect("renamed");
        std::os::unix::fs::symlink(&elsewhere, key).expect("linked");
    });
    key_is_made_anew(|key| {
        fs::write(key.with_extension("new"), b"left behind")
            .and_then(|()| fs::remove_file(key))
            .expect("written")
    });
}

#[test]
fn the_oldest_entries_make_room() {
    let home = TempDir::new().expect("a folder");
    let (engine, size) = (Engine::default(), {
        let engine = Engine::default();
        component(&engine).1.serialize().expect("code").len() + MAC
    });
    let capacity = (size * 4 + size / 2) as u64;
    let path = home.path().join("cache");
    let cache = Cache::with_capacity(&path, &home.path().join("key"), capacity).expect("a cache");
    let (_, code) = component(&engine);
    let digests: Vec<_> = (0..4_u8).map(|n| blake3::hash(&[n])).collect();
    for (days, digest) in [9, 8, 7, 6].into_iter().zip(&digests) {
        cache.store(&engine, digest, &code);
        let entry = File::open(path.join(entry_name(&engine, digest))).expect("an entry");
        let day = std::time::Duration::from_secs(86_400);
        entry.set_modified(SystemTime::now() - day * days).expect("set");
    }
    assert!(cache.load(&engine, &digests[0]).is_some(), "used just now");
    cache.store(&engine, &blake3::hash(b"fifth"), &code);
    let left: Vec<_> = digests.iter().map(|digest| cache.load(&engine, digest).is_some()).collect();
    assert_eq!(left, [true, false, false, true]);
    assert!(cache.load(&engine, &blake3::hash(b"fifth")).is_some());
    assert!(
        Cache::with_capacity(&path, &home.path().join("key"), 1).expect("a cache").space.fits(1)
    );
    assert_eq!(entries(&cache).len(), 0, "a smaller cache is emptied");
}

#[test]
fn a_cache_that_cannot_be_used_says_so() {
    let home = TempDir::new().expect("a folder");
    let file = home.path().join("file");
    fs::write(&file, b"").expect("written");
    let refused = |dir: &Path, key: &Path| {
        Cache::with_capacity(dir, key, CAPACITY).err().map(|error| error.to_string())
    };
    assert!(
        refused(&file, &home.path().join("key"))
            .is_some_and(|text| text.contains("file cannot be made"))
    );
    let inside = file.join("key");
    assert!(refused(&home.path().join("cache"), &inside).is_some_and(|text| text.contains("key")));

    let (engine, cache) = (Engine::default(), open(&home));
    let (digest, code) = component(&engine);
    fs::remove_dir_all(&cache.dir).expect("removed");
    cache.store(&engine, &digest, &code);
    assert!(cache.warned.load(Ordering::Relaxed) && cache.load(&engine, &digest).is_none());
}
