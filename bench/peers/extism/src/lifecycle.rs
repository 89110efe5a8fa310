//! Starting plugins that end again.

use peers_shared::{Clock, Report, Result, Run, Settings};

use crate::guest::{ECHO, Guest, echoed, message};

/// From the start of an echo, of a guest that is compiled, to its first answer, and on to its end.
pub fn first(settings: &Settings) -> Result<Report> {
    let (message, count) = (message(settings)?, settings.count());
    let echo = Guest::new(ECHO)?;
    answers(&echo, &message, count / 10)?;
    answers(&echo, &message, count)?.report()
}

fn answers(echo: &Guest, message: &[u8], count: usize) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for _ in 0..count {
        let begun = clock.nanos();
        let mut plugin = echo.start()?;
        echoed(&mut plugin, message)?;
        drop(plugin);
        run.done(begun);
    }
    Ok(run)
}
