//! A sample as lines of a table, or as JSON.

use skep::control::printable_json;

use super::order::Order;
use super::sample::{Row, Sample};
use crate::failure::Failure;
use crate::output::{self, bytes};

/// Lines of a screen that are no rows: two above them, and one below.
pub(super) const FRAME: usize = 4;

pub(super) fn json(sample: &Sample) -> Result<String, Failure> {
    let text = serde_json::to_string(sample);
    let text = text.map_err(|why| Failure::new(format!("no JSON can be made of it: {why}")))?;
    Ok(printable_json(&text))
}

/// The whole picture.
pub(super) fn lines(sample: &Sample, order: Order) -> Vec<String> {
    let head = [
        "ADDRESS", "GEN", "STATE", "MSG/S", "HANDLED", "FAILED", "RESTARTS", "MAILBOX", "MEMORY",
        "FUEL/S",
    ];
    let table = output::Table::new(head).lines(sample.rows.iter().map(cells));
    let mut lines = vec![summary(sample, order), String::new()];
    lines.extend(table.lines().map(Into::into));
    if sample.more > 0 {
        lines.push(format!("and {} more", sample.more));
    }
    lines
}

fn summary(sample: &Sample, order: Order) -> String {
    let Sample { workers, running, parked, dead_letters, .. } = sample;
    let time = sample.time.get(11..19).unwrap_or_default();
    let (used, most) = (bytes(sample.memory_bytes), bytes(sample.memory_most));
    let rate = amount(sample.per_second);
    let order = order.name();
    format!(
        "{time}  {workers} workers, {running} running, {parked} parked; {rate} messages/s; memory \
         {used} of {most}; {dead_letters} dead letters; by {order}"
    )
}

fn cells(row: &Row) -> [String; 10] {
    [
        row.address.clone(),
        row.generation.to_string(),
        row.state.clone(),
        amount(row.per_second),
        row.handled.to_string(),
        row.failed.to_string(),
        row.restarts.to_string(),
        row.mailbox.messages.to_string(),
        bytes(row.memory_bytes),
        amount(row.fuel_per_second),
    ]
}

/// A number to three digits or so: `0.5`, `12`, `1.4k`, `25.0M`.
fn amount(number: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    match UNITS.into_iter().find(|(unit, _)| number >= *unit) {
        Some((unit, name)) => format!("{:.1}{name}", number / unit),
        None if number > 0.0 && number < 10.0 => format!("{number:.1}"),
        None => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        let all = [0.0, 0.52, 12.3, 999.0, 1_400.0, 2.5e7, 3e9].map(amount);
        assert_eq!(all, ["0", "0.5", "12", "999", "1.4k", "25.0M", "3.0G"]);
    }
}
