//! The thread that writes the log. What cannot be written is counted, said and forgotten:
//! the node does not stop for it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::files::{self, LogFile};
use super::{Backlog, Item};
use crate::output;
use crate::record::Record;

/// How soon it is tried again when nothing could be written, and how often it is looked
/// whether the file is still there.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    folder: PathBuf,
    most_bytes: u64,
    most_files: usize,
    open: Option<Open>,
    /// The highest number so far.
    number: u64,
    /// Why nothing can be written, and since when.
    failing: Option<(String, Instant)>,
    /// Records that were lost since.
    lost: u64,
}

struct Open {
    at: LogFile,
    file: BufWriter<File>,
    bytes: u64,
    looked: Instant,
}

impl Writer {
    pub(super) fn new(folder: PathBuf, most_bytes: u64, most_files: usize) -> Self {
        let (open, number, failing, lost) = (None, 0, None, 0);
        Self { folder, most_bytes, most_files, open, number, failing, lost }
    }

    /// Write what comes, until nobody can send any more.
    pub(super) fn serve(&mut self, items: &Receiver<Item>, backlog: &Backlog) {
        while let Ok(mut item) = items.recv() {
            // All that waits is one write.
            loop {
                self.take(item, backlog);
                let Ok(next) = items.try_recv() else { break };
                item = next;
            }
            self.flush();
        }
    }

    fn take(&mut self, item: Item, backlog: &Backlog) {
        match item {
            Item::Record(record) => {
                backlog.bytes.fetch_sub(record.text.len(), Ordering::Relaxed);
                let dropped = backlog.dropped.swap(0, Ordering::Relaxed);
                if dropped > 0 {
                    let text = format!("{dropped} lines were not kept: they came too fast");
                    self.write(&Record::of_node(text));
                }
                self.write(&record);
            }
            Item::Flush(written) => {
                self.flush();
                let _ = written.send(());
            }
        }
    }

    /// Write a record, or count it.
    pub(super) fn write(&mut self, record: &Record) {
        if self.failing.as_ref().is_some_and(|(_, since)| since.elapsed() < AGAIN) {
            self.lost += 1;
            return;
        }
        if let Err(why) = self.try_write(record) {
            self.fails(&why);
        }
    }

    fn try_write(&mut self, record: &Record) -> io::Result<()> {
        if let Some((why, _)) = &self.failing {
            let text = format!("{} lines were not kept: {why}", self.lost);
            self.line(&Record::of_node(text).json())?;
            // That it is well again is known when it is on the disk.
            self.open.as_mut().map_or(Ok(()), |open| open.file.flush())?;
            (self.failing, self.lost) = (None, 0);
        }
        self.line(&record.json())
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        let bytes = line.len() as u64 + 1;
        let is_full = |open: &Open| open.bytes > 0 && open.bytes + bytes > self.most_bytes;
        if self.open.as_mut().is_some_and(|open| is_full(open) || open.is_gone()) {
            self.flush();
            self.open = None;
            self.number += 1;
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let opened = open(&self.folder, self.number, self.most_bytes)?;
                self.number = opened.at.number;
                prune(&self.folder, self.most_files)?;
                none.insert(opened)
            }
        };
        open.bytes += bytes;
        writeln!(open.file, "{line}")
    }

    pub(super) fn flush(&mut self) {
        if let Some(Err(why)) = self.open.as_mut().map(|open| open.file.flush()) {
            self.fails(&why);
        }
    }

    fn fails(&mut self, why: &io::Error) {
        let why = format!("{} cannot be written: {why}", self.folder.display());
        if self.failing.is_none() {
            output::note(&format!("the log is not kept: {why}"));
        }
        self.lost += 1;
        self.failing = Some((why, Instant::now()));
        if let Some(open) = self.open.take() {
            // What waits in memory is lost with it: it would fail again.
            drop(open.file.into_parts());
        }
    }
}

impl Open {
    /// Whether somebody has taken the file away. It is looked at now and then.
    fn is_gone(&mut self) -> bool {
        if self.looked.elapsed() < AGAIN {
            return false;
        }
        self.looked = Instant::now();
        let (there, own) = (fs::metadata(&self.at.path), self.file.get_ref().metadata());
        let same = |there: fs::Metadata, own: fs::Metadata| {
            (there.dev(), there.ino()) == (own.dev(), own.ino())
        };
        !there.and_then(|there| own.map(|own| same(there, own))).unwrap_or(false)
    }
}

/// Go on with the newest file, if it has room and is not before this number; else begin one.
fn open(folder: &std::path::Path, number: u64, most: u64) -> io::Result<Open> {
    let newest = files::list(folder)?.pop();
    let has_room = |at: &LogFile| fs::metadata(&at.path).is_ok_and(|found| found.len() < most);
    let next = newest.as_ref().map_or(1, |newest| newest.number + 1).max(number);
    let again = newest.filter(|newest| newest.number >= number && has_room(newest));
    let at = again.unwrap_or_else(|| files::file(folder, next));
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).mode(0o640).open(&at.path)?;
    let mut bytes = file.metadata()?.len();
    if bytes > 0 {
        // A node that was killed may have left half a line.
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            bytes += 1;
        }
    }
    Ok(Open { at, file: BufWriter::new(file), bytes, looked: Instant::now() })
}

/// Remove the oldest files.
fn prune(folder: &std::path::Path, most: usize) -> io::Result<()> {
    let all = files::list(folder)?;
    for old in all.iter().take(all.len().saturating_sub(most)) {
        fs::remove_file(&old.path)?;
    }
    Ok(())
}
