//! What is in a log: its last records, in bounded memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use super::files;
use super::follow::Follower;
use crate::record::Record;

/// The longest line that is read; of a longer one nothing is.
const LONGEST: u64 = 1 << 20;

/// Which records are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Those of this worker.
    pub(crate) worker: Option<String>,
    /// Those that are not older than this time, as records have it.
    pub(crate) since: Option<String>,
}

impl Filter {
    fn admits(&self, record: &Record) -> bool {
        let is_theirs = self.worker.is_none() || self.worker == record.worker;
        is_theirs && self.since.as_ref().is_none_or(|since| record.time >= *since)
    }

    /// The record that a line is; none if it is not wanted, or no record.
    pub(super) fn read(&self, line: &[u8]) -> Option<Record> {
        serde_json::from_slice(line).ok().filter(|record| self.admits(record))
    }
}

/// The last records that are wanted, at most so many, oldest first; and who goes on after them.
pub(crate) fn last(
    folder: &Path,
    filter: &Filter,
    most: usize,
) -> io::Result<(VecDeque<Record>, Follower)> {
    let all = files::list(folder)?;
    let mut follower = Follower::new(folder, filter.clone());
    let mut found = VecDeque::new();
    for (age, at) in all.iter().rev().enumerate() {
        let left = most.saturating_sub(found.len());
        if left == 0 && age > 0 {
            break;
        }
        let Some(mut lines) = Lines::open(&at.path)? else { continue };
        let mut of_file = VecDeque::new();
        while let Some(line) = lines.next()? {
            of_file.extend(filter.read(&line));
            if of_file.len() > left {
                of_file.pop_front();
            }
        }
        if age == 0 {
            follower.after(at.number, lines);
        }
        of_file.append(&mut found);
        found = of_file;
    }
    Ok((found, follower))
}

/// The whole lines of a file.
#[derive(Debug)]
pub(super) struct Lines {
    file: BufReader<File>,
    /// Of the next line what is there already.
    begun: Vec<u8>,
}

impl Lines {
    /// None if there is no such file any more.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        match File::open(path) {
            Ok(file) => Ok(Some(Self { file: BufReader::new(file), begun: Vec::new() })),
            Err(gone) if gone.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// The next line without its end; none as long as there is none that has one.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let room = LONGEST.saturating_sub(self.begun.len() as u64) + 1;
            let read = (&mut self.file).take(room).read_until(b'\n', &mut self.begun)?;
            if self.begun.last() == Some(&b'\n') {
                let mut line = std::mem::take(&mut self.begun);
                line.pop();
                return Ok(Some(line));
            }
            if read == 0 {
                return Ok(None);
            }
            if self.begun.len() as u64 > LONGEST {
                // Only its end counts from now on.
                self.begun.truncate(1);
            }
        }
    }
}
