//! What commands print: lines, tables, JSON. A reader who has gone is no error.

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;

use serde::Serialize;
use skep::control::{printable, printable_json};

use crate::failure::Failure;

/// Print bytes as they are.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("the output cannot be written: {why}")))
        }
        _ => Ok(()),
    }
}

/// Print a text that a stranger may have written, and end the line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    raw(format!("{}{end}", printable(text)).as_bytes())
}

/// Print one of many lines, and say whether somebody still reads them.
pub(crate) fn each(text: &str) -> Result<ControlFlow<()>, Failure> {
    safe(&printable(text))
}

/// The same of a text that is safe already.
pub(crate) fn safe(text: &str) -> Result<ControlFlow<()>, Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(why) => Err(Failure::new(format!("the output cannot be written: {why}"))),
    }
}

/// Print a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|why| Failure::new(format!("no JSON can be made of it: {why}")))?;
    raw(format!("{}\n", printable_json(&text)).as_bytes())
}

/// Print an error; the text is safe already.
pub(crate) fn complain(text: &str) {
    // When even that cannot be written, nobody is left to tell.
    let _ = writeln!(io::stderr(), "error: {text}");
}

/// Print a note beside the output proper.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(text));
}

/// Print rows in columns that are as wide as they need to be.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), Failure> {
    Table::new(head).rows(rows)
}

/// Rows in columns, which come bit by bit: each bit is printed when it is there, in columns
/// that are as wide as those before it have needed.
pub(crate) struct Table<const N: usize> {
    head: Option<[String; N]>,
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(head: [&str; N]) -> Self {
        Self { head: Some(head.map(str::to_owned)), widths: [0; N] }
    }

    pub(crate) fn rows(
        &mut self,
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<(), Failure> {
        raw(self.lines(rows).as_bytes())
    }

    /// The same as text.
    pub(crate) fn lines(&mut self, rows: impl IntoIterator<Item = [String; N]>) -> String {
        // One stranger's line break would otherwise forge a row.
        let safe = |row: [String; N]| row.map(|cell| printable(&cell).replace('\n', " "));
        let rows: Vec<_> = self.head.take().into_iter().chain(rows.into_iter().map(safe)).collect();
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        rows.iter().map(|row| aligned(row, &self.widths)).collect()
    }
}

/// A JSON array whose items come one by one, as [`json`] would print it.
#[derive(Default)]
pub(crate) struct Array {
    has_begun: bool,
}

impl Array {
    pub(crate) fn put(&mut self, item: &impl Serialize) -> Result<(), Failure> {
        let before = if std::mem::replace(&mut self.has_begun, true) { ",\n" } else { "[\n" };
        let text = serde_json::to_string_pretty(item);
        let text = text.map_err(|why| Failure::new(format!("no JSON can be made of it: {why}")))?;
        let text = printable_json(&text).replace('\n', "\n  ");
        raw(format!("{before}  {text}").as_bytes())
    }

    pub(crate) fn end(self) -> Result<(), Failure> {
        raw(if self.has_begun { b"\n]\n" } else { b"[]\n" })
    }
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

/// A number of bytes as people read it.
pub(crate) fn bytes(bytes: usize) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "shown to one digit")]
    let mut amount = bytes as f64 / 1_024.0;
    let mut unit = "KiB";
    for next in UNITS.into_iter().skip(1) {
        if amount < 1_024.0 {
            break;
        }
        (amount, unit) = (amount / 1_024.0, next);
    }
    format!("{amount:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!([bytes(0), bytes(1_023)], ["0 B", "1023 B"]);
        assert_eq!([bytes(1_536), bytes(64 << 20)], ["1.5 KiB", "64.0 MiB"]);
        assert_eq!(bytes(3 << 40), "3.0 TiB");
    }

    #[test]
    fn columns() {
        let row = ["a".to_owned(), "long".to_owned(), String::new()];
        assert_eq!(aligned(&row, &[3, 4, 2]), "a    long\n");
    }
}
