//! One record of the node's log, as it is kept and as it is shown.

use serde::{Deserialize, Serialize};
use skep::control::{printable, printable_json, time};
use tracing::Level;

use crate::paint::{Colour, Paint};

/// The room for names, so that texts stand in one column.
const NAMES: usize = 10;

/// What was logged once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// When, in UTC: `2026-11-22T18:33:20.123Z`.
    pub(crate) time: String,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub(crate) level: String,
    /// What has logged it: `skep::worker` for a worker itself.
    pub(crate) target: String,
    /// Whom it is about; null for the node.
    pub(crate) worker: Option<String>,
    pub(crate) text: String,
}

impl Record {
    pub(crate) fn now(level: Level, target: &str, worker: Option<String>, text: String) -> Self {
        Self {
            time: time::full(std::time::SystemTime::now()),
            level: level.as_str().to_ascii_lowercase(),
            target: target.into(),
            worker,
            text,
        }
    }

    /// What the node says of itself.
    pub(crate) fn of_node(text: String) -> Self {
        Self::now(Level::INFO, "skep::node", None, text)
    }

    /// As a line of JSON, without its end. Nothing in it acts on a terminal.
    pub(crate) fn json(&self) -> String {
        printable_json(&serde_json::to_string(self).unwrap_or_default())
    }

    /// As people read it; `when` comes first.
    pub(crate) fn line(&self, paint: Paint, when: &str) -> String {
        let name = printable(self.worker.as_deref().unwrap_or("node")).replace('\n', " ");
        // Further lines are indented: none of them looks like a line of its own.
        let text = printable(&self.text).replace('\n', "\n    ");
        let text = match self.level.as_str() {
            "error" => paint.colour(Colour::Red, &text),
            "warn" => paint.colour(Colour::Yellow, &text),
            "info" if self.target == "skep::node" => paint.colour(Colour::Green, &text),
            "info" => text,
            _ => paint.dim(&text),
        };
        if paint.is_terminal() {
            let padded = paint.name(&name, &format!("{name:<NAMES$}"));
            format!("{} {padded} {text}", paint.dim(when))
        } else {
            let level = printable(&self.level).to_ascii_uppercase();
            format!("{when} {level:<5} {name}: {text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_back_and_harmless() {
        let text = "one\n\x1b[31mtwo\u{202e}";
        let record = Record::now(Level::WARN, "skep::worker", Some("w\n".into()), text.into());
        let json = record.json();
        assert!(!json.contains(['\x1b', '\n', '\u{202e}']), "{json}");
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
        let line = record.line(Paint::plain(), "now");
        assert_eq!(line, "now WARN  w : one\n    \\u{1b}[31mtwo\\u{202e}");
    }
}
