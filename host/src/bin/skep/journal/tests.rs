//! The log on disk: bounded, whole across its files, and never in anybody's way.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tracing::Level;

use super::*;

fn record(number: usize) -> Record {
    let worker = number.is_multiple_of(2).then(|| "even".into());
    Record::now(Level::INFO, "skep::worker", worker, format!("{number} {}", "x".repeat(100)))
}

fn number(record: &Record) -> usize {
    record.text.split(' ').next().unwrap().parse().unwrap()
}

fn numbers(folder: &Path, filter: &Filter, most: usize) -> Vec<usize> {
    last(folder, filter, most).unwrap().0.iter().map(number).collect()
}

fn sizes(folder: &Path) -> Vec<u64> {
    let all = files::list(folder).unwrap();
    all.iter().map(|file| fs::metadata(&file.path).unwrap().len()).collect()
}

#[test]
fn files_are_bounded_and_the_last_are_read() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let mut writer = Writer::new(folder.into(), 10_000, 3);
    let (_, mut follower) = last(folder, &Filter::default(), 0).unwrap();
    for turn in 0..1_000 {
        writer.write(&record(turn));
        writer.flush();
        assert_eq!(follower.next().unwrap().as_ref().map(number), Some(turn));
        assert!(follower.next().unwrap().is_none());
    }
    let sizes = sizes(folder);
    assert!(sizes.len() == 3 && sizes.iter().all(|size| *size <= 10_000), "{sizes:?}");
    assert_eq!(numbers(folder, &Filter::default(), 100), (900..1_000).collect::<Vec<_>>());
    let even = Filter { worker: Some("even".into()), since: None };
    assert_eq!(numbers(folder, &even, 3), [994, 996, 998]);
    let kept = numbers(folder, &Filter::default(), usize::MAX);
    assert!(kept.len() > 80 && kept.is_sorted() && kept.last() == Some(&999), "{kept:?}");
    let future = Filter { worker: None, since: Some("9".into()) };
    assert!(numbers(folder, &future, 10).is_empty());
    // Another node goes on where this one was.
    let before = files::list(folder).unwrap();
    Writer::new(folder.into(), 10_000_000, 3).write(&record(1_000));
    assert_eq!(files::list(folder).unwrap(), before);
    assert_eq!(numbers(folder, &Filter::default(), 2), [999, 1_000]);
}

#[test]
fn what_is_broken_is_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    fs::write(folder.join("node-000007.jsonl"), "not JSON\n{\"half\":").unwrap();
    fs::write(folder.join("node-7.jsonl"), "{}").unwrap();
    fs::create_dir(folder.join("node-000006.jsonl.d")).unwrap();
    let mut writer = Writer::new(folder.into(), 1 << 30, 8);
    let long = format!("1 {}", "y".repeat(2 << 20));
    writer.write(&record(0));
    writer.write(&Record { text: long, ..record(1) });
    writer.write(&record(2));
    writer.flush();
    assert_eq!(numbers(folder, &Filter::default(), 10), [0, 2]);
}

#[test]
fn a_file_that_is_taken_away_is_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let mut writer = Writer::new(folder.into(), 1 << 30, 8);
    writer.write(&record(0));
    writer.flush();
    let (_, mut follower) = last(folder, &Filter::default(), 0).unwrap();
    fs::remove_file(folder.join("node-000001.jsonl")).unwrap();
    std::thread::sleep(Duration::from_millis(1_100));
    writer.write(&record(1));
    writer.flush();
    assert_eq!(numbers(folder, &Filter::default(), 10), [1]);
    assert_eq!(follower.next().unwrap().as_ref().map(number), Some(1));
}

#[test]
fn a_disk_that_fails_costs_records_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("logs");
    let mut writer = Writer::new(folder.clone(), 1 << 30, 8);
    for turn in 0..5 {
        writer.write(&record(turn));
    }
    fs::create_dir(&folder).unwrap();
    std::thread::sleep(Duration::from_millis(1_100));
    writer.write(&record(5));
    writer.flush();
    let (records, _) = last(&folder, &Filter::default(), 10).unwrap();
    assert!(records[0].text.starts_with("5 lines were not kept: "), "{records:?}");
    assert_eq!(number(&records[1]), 5);
}

#[test]
fn nobody_waits_for_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let journal = Journal::start().unwrap();
    let began = Instant::now();
    for turn in 0..100_000 {
        journal.put(record(turn));
    }
    // Nothing was opened: all but what may wait was dropped.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let large = Record { text: "0 ".repeat(WAITING_BYTES), ..record(0) };
    journal.put(large);
    journal.open(home.path().into());
    while journal.backlog.bytes.load(Ordering::Relaxed) > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    journal.finish(Duration::from_secs(10));
    let (records, _) = last(home.path(), &Filter::default(), usize::MAX).unwrap();
    assert_eq!(records.len(), WAITING + 1);
    assert_eq!(
        records[0].text,
        format!("{} lines were not kept: they came too fast", 100_001 - WAITING)
    );
}
