//! What clap answers itself: help, the version, and what is wrong with a command line,
//! whose words are made safe for a terminal.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, Error};
use skep::control::printable;

use crate::paint::plain;

/// Where help is coloured: as the rest of the command. Left alone clap would colour it for
/// a dumb terminal, too, where the variable `CI` is set.
pub(super) fn colours() -> ColorChoice {
    if plain() { ColorChoice::Never } else { ColorChoice::Auto }
}

/// Say it, and end with its code: 0 for what was asked for, 2 for wrong use.
pub(super) fn answer(mut error: Error) -> ExitCode {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    let code = u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
    match error.kind() {
        // A reader who has gone is no error.
        DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
        }
        _ => {
            quote_safely(&mut error);
            // When even that cannot be written, nobody is left to tell.
            let _ = write!(io::stderr(), "{}", printable(&error.render().to_string()));
        }
    }
    code
}

/// Whatever was written on the command line is shown on one line. Where clap shows it
/// plainly it drops escapes, so that nobody would see what was wrong.
fn quote_safely(error: &mut Error) {
    let safe = |text: &String| printable(text).replace('\n', "\\n");
    let quoted: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, ContextValue::String(safe(text)))),
            ContextValue::Strings(all) => {
                Some((kind, ContextValue::Strings(all.iter().map(safe).collect())))
            }
            _ => None,
        })
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
}
