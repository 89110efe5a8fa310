//! An echo that is asked at a steady rate, beside endless loops on threads of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use extism::Plugin;
use peers_shared::{Clock, Failure, Report, Result, Run, Settings};

use crate::guest::{ECHO, Guest, SPINNER, ask, echoed, message};

/// The rate at which the echo is asked.
const PER_SECOND: f64 = 1000.0;

/// Without one, which is what Extism does unless told, a loop never ends.
const TIMEOUT: Duration = Duration::from_millis(100);

/// How Extism says that a timeout ended a call.
const TIMED_OUT: &str = "timeout";

pub async fn beside_spinners(settings: &Settings) -> Result<Report> {
    let (message, count) = (message(settings)?, (PER_SECOND * settings.seconds) as usize);
    let mut echo = Guest::new(ECHO)?.start()?;
    let loops = Loops::start(settings.loops)?;
    let measured = tokio::task::spawn_blocking(move || {
        paced(&mut echo, &message, count / 10)?;
        paced(&mut echo, &message, count)
    });
    let run = measured.await;
    loops.end()?;
    run??.report()
}

/// A message that is late counts from when it was due. The thread sleeps between them, since the
/// system wakes it in time, and yielding in a loop would make it one more spinner.
fn paced(echo: &mut Plugin, message: &[u8], count: usize) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for number in 0..count {
        let due = (number as f64 * 1e9 / PER_SECOND) as u64;
        sleep(Duration::from_nanos(due.saturating_sub(clock.nanos())));
        echoed(echo, message)?;
        run.done(due);
    }
    Ok(run)
}

/// Plugins that do not end, each called again when its timeout has ended it.
struct Loops {
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Loops {
    fn start(count: usize) -> Result<Self> {
        let spinner = Guest::with_timeout(SPINNER, TIMEOUT)?;
        let plugins: Vec<Plugin> = (0..count).map(|_| spinner.start()).collect::<Result<_>>()?;
        let ended = Arc::new(AtomicBool::new(false));
        let threads = plugins.into_iter().map(|plugin| {
            let ended = ended.clone();
            spawn(move || spin(plugin, &ended))
        });
        Ok(Self { threads: threads.collect(), ended })
    }

    fn end(self) -> Result<()> {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| Failure::broken("a loop's thread panicked"))??;
        }
        Ok(())
    }
}

fn spin(mut plugin: Plugin, ended: &AtomicBool) -> Result<()> {
    while !ended.load(Ordering::Relaxed) {
        match ask(&mut plugin, &[]) {
            Err(Failure::Broken(why)) if why == TIMED_OUT => {}
            Err(why) => return Err(why),
            Ok(_) => return Err(Failure::broken("an endless loop has ended")),
        }
    }
    Ok(())
}
