//! Echoes: one call of a plugin after the other, on the thread that asks.

use extism::Plugin;
use peers_shared::{Clock, Report, Result, Run, Settings};

use crate::guest::{ECHO, Guest, echoed, message};

pub fn echo(settings: &Settings) -> Result<Report> {
    let (message, count) = (message(settings)?, settings.count());
    let mut echo = Guest::new(ECHO)?.start()?;
    echoes(&mut echo, &message, count / 10)?;
    echoes(&mut echo, &message, count)?.report()
}

fn echoes(echo: &mut Plugin, message: &[u8], count: usize) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for _ in 0..count {
        let sent = clock.nanos();
        echoed(echo, message)?;
        run.done(sent);
    }
    Ok(run)
}
