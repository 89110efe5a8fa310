//! `skep logs`: what a node has logged, whether it runs or not, and what it logs.

use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use skep::control::{Client, time};

use crate::failure::Failure;
use crate::journal::{self, Filter, Follower};
use crate::output;
use crate::paint::Paint;
use crate::record::Record;
use crate::task::Reading;

/// How often it is looked whether there is more.
const LOOK: Duration = Duration::from_millis(100);
/// How long a node that has ended may take to write its last lines.
const LAST: Duration = Duration::from_millis(300);

pub(crate) fn logs(client: &Client, reading: &Reading) -> Result<(), Failure> {
    let folder = journal::folder(client.directory());
    let failed = |why: io::Error| {
        Failure::new(format!("the log in {} cannot be read: {why}", folder.display()))
    };
    let since = |ago| SystemTime::now().checked_sub(ago).map(time::full);
    let filter = Filter { worker: reading.name.clone(), since: reading.since.and_then(since) };
    let (records, mut follower) = journal::last(&folder, &filter, reading.lines).map_err(failed)?;
    if records.is_empty() && !reading.follow && reading.lines > 0 {
        output::note(&nothing(client, reading));
    }
    let printer = Printer { json: reading.json, paint: Paint::detect() };
    for record in records {
        if printer.print(&record)?.is_break() {
            return Ok(());
        }
    }
    if !reading.follow {
        return Ok(());
    }
    if !client.is_running() {
        let directory = client.directory().display();
        output::note(&format!("no node is running on {directory}: nothing more is to come"));
    }
    loop {
        // Asked first: what it has written by its end is read after.
        let runs = client.is_running();
        if !runs {
            std::thread::sleep(LAST);
        }
        if printer.drain(&mut follower, &failed)?.is_break() || !runs {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
}

fn nothing(client: &Client, reading: &Reading) -> String {
    let folder = journal::folder(client.directory());
    let folder = folder.display();
    match (&reading.name, reading.since) {
        (Some(name), None) => format!("{folder} has nothing of `{name}`"),
        (Some(name), Some(_)) => format!("{folder} has nothing of `{name}` since then"),
        (None, Some(_)) => format!("{folder} has nothing since then"),
        (None, None) => format!("{folder} has no log: no node has run there yet"),
    }
}

struct Printer {
    json: bool,
    paint: Paint,
}

impl Printer {
    fn print(&self, record: &Record) -> Result<ControlFlow<()>, Failure> {
        if self.json {
            return output::each(&record.json());
        }
        let when = record.time.as_str();
        // On a terminal the day and the second do: `11-22 18:33:20`.
        let short = when.get(5..19).map(|short| short.replace('T', " "));
        let when = short.filter(|_| self.paint.is_terminal()).unwrap_or_else(|| when.into());
        output::safe(&record.line(self.paint, &when))
    }

    fn drain(
        &self,
        follower: &mut Follower,
        failed: &impl Fn(io::Error) -> Failure,
    ) -> Result<ControlFlow<()>, Failure> {
        while let Some(record) = follower.next().map_err(failed)? {
            if self.print(&record)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
