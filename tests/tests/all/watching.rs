//! A directory that is watched, as files really come into it and go.

mod watched;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use skep::error::LoadError;
use skep::offline::{Change, News, What};
use skep_tests::wait::until;
use watched::{Watched, labelled, told, wanted};

/// G4.1: the first half, for longer than a file has to rest; then the rest.
#[tokio::test]
async fn half_a_file_is_no_file() {
    let mut watched = Watched::with(&["old"]).await;
    for name in ["new", "old"] {
        let whole = labelled("whole");
        let (first, rest) = whole.split_at(whole.len() / 2);
        let mut file = fs::File::create(watched.path(&format!("{name}.wasm"))).unwrap();
        file.write_all(first).unwrap();
        watched.nothing().await;
        file.write_all(rest).unwrap();
        drop(file);
        let sign = if name == "new" { '+' } else { '~' };
        assert_eq!(watched.told().await, format!("{sign} {name} whole"));
    }
    // Room that was taken before anything was written into it.
    let file = fs::File::create(watched.path("empty.wasm")).unwrap();
    file.set_len(50_000).unwrap();
    watched.nothing().await;
    watched.write("empty.wasm", labelled("whole"));
    assert_eq!(watched.told().await, "+ empty whole");
}

/// One that gets no more is told as it is, once; the node says what is wrong with it.
#[tokio::test]
async fn what_stays_half_is_told_at_last() {
    let mut watched = Watched::with(&[]).await;
    let whole = labelled("whole");
    watched.write("half.wasm", &whole[..whole.len() / 2]);
    let (wanted, receipt) = wanted(watched.change().await);
    assert_eq!(wanted.read().unwrap().len(), whole.len() / 2);
    drop(receipt);
    watched.nothing().await;
}

/// G4.3, G4.7, G4.13: however a file is replaced, its bytes decide, and it is told once.
#[tokio::test]
async fn a_file_is_replaced_in_every_way() {
    let mut watched = Watched::with(&["a", "b"]).await;
    watched.hears().await;
    watched.write("a.wasm", labelled("over"));
    assert_eq!(watched.told().await, "~ a over");
    watched.write(".a.wasm.1234", labelled("moved"));
    fs::rename(watched.path(".a.wasm.1234"), watched.path("a.wasm")).unwrap();
    assert_eq!(watched.told().await, "~ a moved");
    fs::remove_file(watched.path("a.wasm")).unwrap();
    watched.write("a.wasm", labelled("anew"));
    assert_eq!(watched.told().await, "~ a anew");
    fs::remove_file(watched.path("a.wasm")).unwrap();
    fs::hard_link(watched.path("b.wasm"), watched.path("a.wasm")).unwrap();
    assert_eq!(watched.told().await, "~ a b");

    // The same bytes, another time: gone by, to come, or in another file.
    let touch = |time: &str| {
        let mut touch = Command::new("touch");
        assert!(touch.args(["-d", time]).arg(watched.path("a.wasm")).status().unwrap().success());
    };
    touch("2001-01-01");
    touch("2101-01-01");
    fs::set_permissions(watched.path("a.wasm"), fs::Permissions::from_mode(0o600)).unwrap();
    watched.nothing().await;
    watched.write("a.wasm", labelled("b"));
    watched.nothing().await;

    // The same size and the same time, and other bytes.
    let before = fs::metadata(watched.path("a.wasm")).unwrap().modified().unwrap();
    let file = fs::File::options().write(true).open(watched.path("a.wasm")).unwrap();
    (&file).write_all(&labelled("c")).unwrap();
    file.set_modified(before).unwrap();
    assert_eq!(watched.told().await, "~ a c");
}

/// G4.7: what is told last is what was written last, and most is never told.
#[tokio::test]
async fn many_writes_are_few_changes() {
    let mut watched = Watched::with(&["a"]).await;
    for number in 0..100 {
        watched.write("a.wasm", labelled(&number.to_string()));
    }
    let mut count = 0;
    while watched.told().await != "~ a 99" {
        count += 1;
    }
    assert!(count < 10, "{count} of 100 were told");
    watched.nothing().await;
}

/// G4.4: nothing but regular files, and nothing is waited for.
#[tokio::test]
async fn only_regular_files_are_workers() {
    let mut watched = Watched::with(&["real"]).await;
    let path = |file: &str| watched.path(file);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.wasm"), labelled("outside")).unwrap();
    symlink(outside.path().join("x.wasm"), path("link.wasm")).unwrap();
    symlink("real.wasm", path("beside.wasm")).unwrap();
    symlink("/etc/shadow", path("shadow.toml")).unwrap();
    symlink("nowhere", path("dangling.wasm")).unwrap();
    symlink("loop.wasm", path("loop.wasm")).unwrap();
    fs::create_dir(path("folder.wasm")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe.wasm")).status().unwrap().success());
    let _socket = UnixListener::bind(path("socket.wasm")).unwrap();
    let names = ["beside", "dangling", "folder", "link", "loop", "pipe", "shadow", "socket"];
    let mut seen = Vec::new();
    for _ in names {
        let text = watched.told().await;
        assert!(text.starts_with("+ ") && text.contains("is not a regular file"), "{text}");
        seen.push(text.split(' ').nth(1).unwrap().to_owned());
    }
    seen.sort();
    assert_eq!(seen, names);
    watched.nothing().await;
    // Each may become one, and a worker's file may become something else.
    fs::remove_file(watched.path("pipe.wasm")).unwrap();
    watched.write("pipe.wasm", labelled("file"));
    assert_eq!(watched.told().await, "~ pipe file");
    fs::remove_file(watched.path("real.wasm")).unwrap();
    fs::create_dir(watched.path("real.wasm")).unwrap();
    let text = watched.told().await;
    assert!(text.starts_with("~ real ! ") && text.contains("is not a regular file"), "{text}");
    fs::remove_dir(watched.path("real.wasm")).unwrap();
    watched.write("real.wasm", labelled("real"));
    assert_eq!(watched.told().await, "~ real real");
    fs::remove_file(watched.path("folder.wasm")).unwrap_err();
    fs::remove_file(watched.path("link.wasm")).unwrap();
    assert_eq!(watched.told().await, "- link");
}

/// G4.9.
#[tokio::test]
async fn files_that_are_on_their_way_do_not_count() {
    let mut watched = Watched::with(&["a"]).await;
    let names = [
        ".a.wasm",
        ".b.wasm.swp",
        "b.wasm~",
        "b.wasm.tmp",
        "b.wasm.part",
        "#b.toml#",
        ".#b.toml",
        "4913",
        ".DS_Store",
        "._b.wasm",
        "~$b.toml",
        "README.md",
        "b.WASM",
    ];
    for name in names {
        watched.write(name, labelled("temporary"));
    }
    watched.nothing().await;
    for name in names {
        fs::remove_file(watched.path(name)).unwrap();
    }
    watched.nothing().await;
    // As vim saves: the old file goes aside, and the new one is written in its place.
    fs::rename(watched.path("a.wasm"), watched.path("a.wasm~")).unwrap();
    watched.write("a.wasm", labelled("saved"));
    fs::remove_file(watched.path("a.wasm~")).unwrap();
    assert_eq!(watched.told().await, "~ a saved");
}

/// G4.12: a new component and the manifest that goes with it, one long after the other.
#[tokio::test]
async fn component_and_manifest_go_together() {
    let mut watched = Watched::with(&["a"]).await;
    watched.write("a.toml", "args = \"1\"");
    assert_eq!(watched.told().await, "~ a a 1");
    let whole = labelled("new");
    let mut file = fs::File::create(watched.path("a.wasm")).unwrap();
    file.write_all(&whole[..100]).unwrap();
    watched.write("a.toml", "args = \"2\"");
    watched.nothing().await;
    file.write_all(&whole[100..]).unwrap();
    assert_eq!(watched.told().await, "~ a new 2");

    watched.write("b.toml", "component = \"a\"\nargs = \"b\"");
    assert_eq!(watched.told().await, "+ b new b");
    watched.write("a.wasm", labelled("newer"));
    let both = [watched.told().await, watched.told().await];
    assert_eq!(both, ["~ a newer 2", "~ b newer b"]);
    watched.write("b.toml", "compnent = \"a\"");
    let text = watched.told().await;
    assert!(text.starts_with("~ b ! ") && text.contains("did you mean `component`?"), "{text}");
    watched.write("b.toml", "component = \"a\"\nargs = \"c\"");
    assert_eq!(watched.told().await, "~ b newer c");
    fs::remove_file(watched.path("a.toml")).unwrap();
    assert_eq!(watched.told().await, "~ a newer");
    fs::remove_file(watched.path("a.wasm")).unwrap();
    assert_eq!([watched.told().await, watched.told().await], ["- a", "- b"]);
    let text = watched.told().await;
    assert!(text.starts_with("+ b ! ") && text.contains("there is no component"), "{text}");
}

/// G4.10.
#[tokio::test]
async fn a_deleted_folder_takes_nothing_with_it() {
    let mut watched = Watched::with(&["a", "b"]).await;
    let folder = watched.path("");
    fs::remove_dir_all(&folder).unwrap();
    watched.warning("is gone: its workers go on as they are").await;
    fs::create_dir(&folder).unwrap();
    let News::Note(text) = watched.news().await else { panic!("a note") };
    assert!(text.contains("as it should be again"), "{text}");
    // It is heard again, and has time to be filled.
    watched.write("a.wasm", labelled("a"));
    watched.nothing().await;
    watched.write("a.wasm", labelled("new"));
    assert_eq!(watched.told().await, "~ a new");
    assert_eq!(watched.told().await, "- b");
    watched.hears().await;
    // Deleted and made again while nobody looks.
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    watched.write("a.wasm", labelled("third"));
    loop {
        match watched.news().await {
            News::Warning(_) | News::Note(_) => {}
            News::Change(change) => break assert_eq!(told(*change), "~ a third"),
            other => panic!("{other:?}"),
        }
    }
}

/// G4.5: what is put in the place of the folder, or of a link to it, is not looked into.
#[tokio::test]
async fn a_swapped_folder_changes_nothing() {
    let mut watched = Watched::with(&["a"]).await;
    let (folder, aside) = (watched.path(""), watched.home.path().join("aside"));
    fs::rename(&folder, &aside).unwrap();
    fs::create_dir(&folder).unwrap();
    watched.write("evil.wasm", labelled("evil"));
    watched.warning("is no longer the folder that the node has opened").await;
    fs::write(aside.join("a.wasm"), labelled("good")).unwrap();
    assert_eq!(watched.told().await, "~ a good");
    fs::remove_dir_all(&folder).unwrap();
    fs::rename(&aside, &folder).unwrap();
    let News::Note(_) = watched.news().await else { panic!("a note") };

    let home = tempfile::tempdir().unwrap();
    let links = |to: &str| {
        let (link, next) = (home.path().join("workers"), home.path().join("next"));
        symlink(home.path().join(to), &next).unwrap();
        fs::rename(next, link).unwrap();
    };
    for name in ["one", "two"] {
        fs::create_dir(home.path().join(name)).unwrap();
        fs::write(home.path().join(name).join("a.wasm"), labelled(name)).unwrap();
    }
    links("one");
    let two = home.path().join("two");
    let mut watched = Watched::on(home);
    assert!(matches!(watched.news().await, News::Found(1)));
    assert_eq!(watched.told().await, "+ a one");
    assert!(matches!(watched.news().await, News::CaughtUp));
    let swap = |home: &Path| {
        symlink(&two, home.join("next")).unwrap();
        fs::rename(home.join("next"), home.join("workers")).unwrap();
    };
    swap(watched.home.path());
    watched.warning("is no longer the folder that the node has opened").await;
    fs::write(watched.home.path().join("one/a.wasm"), labelled("pinned")).unwrap();
    assert_eq!(watched.told().await, "~ a pinned");
}

/// G4.2: bytes that are no longer those that were seen are not given away, and the change
/// is told again.
#[tokio::test]
async fn what_changes_before_it_is_read_is_told_again() {
    let mut watched = Watched::with(&[]).await;
    watched.write("a.wasm", labelled("one"));
    let (first, receipt) = wanted(watched.change().await);
    fs::write(first.path(), labelled("two")).unwrap();
    assert!(matches!(first.read(), Err(LoadError::Changing { .. })));
    // And back, so that nothing seems to have changed.
    fs::write(first.path(), labelled("one")).unwrap();
    drop(receipt);
    assert_eq!(watched.told().await, "+ a one");

    watched.write("a.wasm", labelled("three"));
    let (third, receipt) = wanted(watched.change().await);
    fs::remove_file(third.path()).unwrap();
    assert!(third.read().is_err());
    drop(receipt);
    // It may be told once more before the file counts as taken out.
    loop {
        match watched.change().await {
            Change { what: What::Changed(Ok(third)), .. } => assert!(third.read().is_err()),
            other => break assert_eq!(told(other), "- a"),
        }
    }
}

/// Whoever cannot deal with a change now gets it again; and whoever asks.
#[tokio::test]
async fn changes_are_told_again() {
    let mut watched = Watched::with(&["a"]).await;
    watched.write("a.wasm", labelled("b"));
    let (_, receipt) = wanted(watched.change().await);
    receipt.again_later();
    assert_eq!(watched.told().await, "~ a b");
    watched.watcher.tell_again(Some("a"));
    assert_eq!(watched.told().await, "~ a b");
    watched.nothing().await;
    watched.watcher.tell_again(None);
    assert_eq!([watched.told().await, watched.told().await], ["~ a b", "~ sentinel-1 x"]);
}

/// G4.6.
#[tokio::test]
async fn files_that_others_can_write_are_warned_of() {
    let mut watched = Watched::with(&["a"]).await;
    fs::set_permissions(watched.path("a.wasm"), fs::Permissions::from_mode(0o666)).unwrap();
    watched.warning("a.wasm can be written by every user of this machine").await;
    watched.nothing().await;
}

/// G4.14: thousands of workers, and only so many changes at a time.
#[tokio::test]
async fn thousands_of_files_are_workers() {
    const MANY: usize = 5_000;
    let home = tempfile::tempdir().unwrap();
    let workers = home.path().join("workers");
    fs::create_dir(&workers).unwrap();
    fs::write(workers.join("a.wasm"), labelled("a")).unwrap();
    for number in 1..MANY {
        fs::write(workers.join(format!("w{number}.toml")), "component = \"a\"").unwrap();
    }
    let mut watched = Watched::on(home);
    assert!(matches!(watched.news().await, News::Found(MANY)));
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(watched.change().await);
    }
    let more = tokio::time::timeout(Duration::from_millis(1), watched.watcher.next());
    assert!(more.await.is_err(), "more than it asked for at a time");
    drop(held);
    for _ in 64..MANY {
        drop(watched.change().await);
    }
    assert!(matches!(watched.news().await, News::CaughtUp));
}

/// G4.14: a folder that is too full to be looked through takes nothing away.
#[tokio::test]
async fn a_folder_may_be_too_full() {
    let mut watched = Watched::with(&["a"]).await;
    let note = |number: usize| watched.path(&format!("{number}.txt"));
    let notes = 0..100_000;
    for number in notes.clone() {
        fs::File::create(note(number)).unwrap();
    }
    fs::remove_file(watched.path("a.wasm")).unwrap();
    watched.write("b.wasm", labelled("b"));
    watched.warning("holds more than 100000 files; remove what is not needed").await;
    for number in notes {
        fs::remove_file(watched.path(&format!("{number}.txt"))).unwrap();
    }
    let News::Note(_) = watched.news().await else { panic!("a note") };
    assert_eq!([watched.told().await, watched.told().await], ["+ b b", "- a"]);
}

/// Nothing of a watcher is left when it is dropped: no thread, no open file.
#[tokio::test]
async fn a_watcher_ends_when_it_is_dropped() {
    let watched = Watched::with(&["a"]).await;
    let folder = watched.path("").canonicalize().unwrap();
    let is_open = || {
        let handles = fs::read_dir("/proc/self/fd").unwrap();
        let leads_to = |handle: fs::DirEntry| fs::read_link(handle.path()).ok();
        handles.filter_map(|handle| leads_to(handle.unwrap())).any(|path| path == folder)
    };
    assert!(is_open());
    drop(watched);
    until("its handle is closed", || (!is_open()).then_some(())).await;
}
