//! What is logged, as lines: when, who, what.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Failure;
use crate::record::Record;
use crate::show::Screen;

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
    // A word alone is taken for the name of a part, of which nothing is then left out; and
    // nothing has the name of a level that is misspelt.
    let is_part = |part: &str| part.contains(['=', '[']) || part.trim().starts_with("skep");
    let is_level = |part: &str| part.trim().parse::<LevelFilter>().is_ok();
    if let Some(part) = written.split(',').find(|part| !is_part(part) && !is_level(part)) {
        return Err(unusable(filter, &format!("`{}` is no level", part.trim())));
    }
    EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .parse(&written)
        .map_err(|why| unusable(filter, &why.to_string()))
}

fn unusable(filter: &str, why: &str) -> Failure {
    Failure::usage(format!("`{filter}` is no filter for the log: {why}"))
        .hint("say a level (error, warn, info, debug, trace), or skep::worker=debug")
}

struct Lines {
    screen: Screen,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let text = format!("{}{}", words.message, words.rest);
        self.screen.record(Record::now(level, target, words.worker, text));
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
        assert!(read("off,skep::worker=info").is_ok());
        for wrong in ["skep=loud", "wrn", "foo", "info,wrn"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
