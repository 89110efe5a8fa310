//! What one attack came to, as a file that a person's table is made from.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::guests::ROOT;
use crate::neighbour::Tally;
use crate::process::Held;

/// What stands above the lines of the table.
pub const HEAD: &str = "row    attack                      lost  p99 before, now, us     memory  what the attacker saw";

/// What one attack came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The name of its guest: `g2_1_endless_loop`.
    pub name: String,
    /// What the attacker saw.
    pub saw: String,
    /// How often the neighbour was asked meanwhile.
    pub asked: usize,
    /// How many of its messages brought no answer, or a wrong one.
    pub lost: usize,
    /// Its p99 before, in microseconds.
    pub quiet_us: f64,
    /// Its p99 meanwhile.
    pub beside_us: f64,
    /// What the process has in memory afterwards beyond what it had before, in bytes.
    pub memory: i64,
}

impl Report {
    /// What was seen before, meanwhile and afterwards.
    pub fn new(name: &str, saw: String, quiet: &Tally, beside: &Tally) -> Self {
        let micros = |took: Duration| took.as_secs_f64() * 1e6;
        Self {
            name: name.into(),
            saw,
            asked: beside.asked(),
            lost: beside.lost.len() + beside.wrong.len(),
            quiet_us: micros(quiet.times.p99()),
            beside_us: micros(beside.times.p99()),
            memory: 0,
        }
    }

    /// By how much more memory is in use.
    pub fn grown(before: Option<Held>, after: Option<Held>) -> i64 {
        let memory = |held: Option<Held>| held.map_or(0, |held| held.memory.cast_signed());
        memory(after) - memory(before)
    }

    /// Its p99 meanwhile to that before.
    pub fn ratio(&self) -> f64 {
        self.beside_us / self.quiet_us.max(0.001)
    }

    /// The number of its row, and what the attack is: `G2.1` and `endless loop`.
    pub fn title(&self) -> (String, String) {
        let mut words = self.name.splitn(3, '_').map(str::to_owned);
        let mut word = || words.next().unwrap_or_default();
        (format!("{}.{}", word().to_uppercase(), word()), word().replace('_', " "))
    }

    /// Keep it where [`Report::all`] finds it.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self) {
        let folder = folder();
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = serde_json::to_string(self).expect("JSON");
        std::fs::write(folder.join(format!("{}.json", self.name)), text).expect("a file");
    }

    /// All that were kept, in the order of their rows.
    ///
    /// # Errors
    /// When there is none, or one cannot be read.
    pub fn all() -> std::io::Result<Vec<Self>> {
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            Ok(serde_json::from_str(&std::fs::read_to_string(entry?.path())?)?)
        };
        let mut all: Vec<Self> =
            std::fs::read_dir(folder())?.map(read).collect::<std::io::Result<_>>()?;
        all.sort_by_key(|report| (report.place(), report.name.clone()));
        Ok(all)
    }

    /// Its group and row, as numbers.
    fn place(&self) -> (u32, u32) {
        let mut numbers = self.name.trim_start_matches('g').split('_').map(str::parse);
        let mut number = || numbers.next().and_then(Result::ok).unwrap_or_default();
        (number(), number())
    }
}

impl std::fmt::Display for Report {
    /// One line of the table.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (row, attack) = self.title();
        let lost = format!("{}/{}", self.lost, self.asked);
        let p99 = format!("{:.0} to {:.0} = {:.1}x", self.quiet_us, self.beside_us, self.ratio());
        let memory = format!("{:+.1} MiB", self.memory as f64 / f64::from(1 << 20));
        write!(out, "{row:6} {attack:22} {lost:>9} {p99:>20} {memory:>10}  {}", self.saw)
    }
}

fn folder() -> PathBuf {
    PathBuf::from(ROOT).join("target/hostile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_titles_and_an_order() {
        let report = |name| Report::new(name, String::new(), &Tally::default(), &Tally::default());
        let (row, attack) = report("g2_1_endless_loop").title();
        assert_eq!((row.as_str(), attack.as_str()), ("G2.1", "endless loop"));
        assert_eq!(report("g2_11_all_its_fuel").place(), (2, 11));
    }
}
