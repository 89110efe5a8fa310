//! What is logged, as lines: when, who, what.

use std::fmt::{self, Write};

use skep::control::printable;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Failure;
use crate::show::Screen;
use crate::show::paint::Colour;

/// The room for names, so that texts stand in one column.
const NAMES: usize = 10;

/// Show what passes the filter.
pub(super) fn install(filter: &str, screen: Screen) -> Result<(), Failure> {
    let filter = read(filter)?;
    let installed =
        tracing_subscriber::registry().with(Lines { screen }.with_filter(filter)).try_init();
    installed.map_err(|why| Failure::new(format!("nothing can be logged: {why}")))
}

/// A level alone is for the node and its workers; what they are made of only warns.
fn read(filter: &str) -> Result<EnvFilter, Failure> {
    let written = match filter.trim().parse::<LevelFilter>() {
        Ok(level) => format!("warn,skep={level}"),
        Err(_) => filter.into(),
    };
    EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).parse(&written).map_err(
        |why| {
            Failure::usage(format!("`{filter}` is no filter for the log: {why}"))
                .hint("say a level (error, warn, info, debug, trace), or skep::worker=debug")
        },
    )
}

struct Lines {
    screen: Screen,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let level = *event.metadata().level();
        let is_node = event.metadata().target() == "skep::node";
        self.screen.line(self.line(level, is_node, words));
    }
}

impl Lines {
    fn line(&self, level: Level, is_node: bool, words: Words) -> String {
        let paint = self.screen.paint;
        let name = printable(words.worker.as_deref().unwrap_or("node")).replace('\n', " ");
        // Further lines are indented: none of them looks like a line of its own.
        let text = printable(&format!("{}{}", words.message, words.rest)).replace('\n', "\n    ");
        let text = match level {
            Level::ERROR => paint.colour(Colour::Red, &text),
            Level::WARN => paint.colour(Colour::Yellow, &text),
            Level::INFO if is_node => paint.colour(Colour::Green, &text),
            Level::INFO => text,
            _ => paint.dim(&text),
        };
        let when = self.screen.when();
        if paint.is_terminal() {
            let padded = paint.name(&name, &format!("{name:<NAMES$}"));
            format!("{when}{padded} {text}")
        } else {
            format!("{when}{level:<5} {name}: {text}")
        }
    }
}

/// The fields of an event.
#[derive(Default)]
struct Words {
    worker: Option<String>,
    message: String,
    rest: String,
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "worker" => self.worker = Some(format!("{value:?}")),
            "message" => self.message = format!("{value:?}"),
            // Writing to a string cannot fail.
            name => _ = write!(self.rest, " {name}={value:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        assert_eq!(read("debug").unwrap().to_string(), "skep=debug,warn");
        assert_eq!(read("skep::worker=trace").unwrap().to_string(), "skep::worker=trace");
        assert!(read("skep=loud").is_err());
    }
}
