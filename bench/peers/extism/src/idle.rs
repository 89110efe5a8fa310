//! The memory that plugins take which have answered once, and how many of them there really are.

use extism::Plugin;
use peers_shared::{Failure, Report, Result, Settings, settled_kib};

use crate::guest::{ECHO, Guest, echoed, message};

pub async fn idle(settings: &Settings) -> Result<Report> {
    let message = message(settings)?;
    let echo = Guest::new(ECHO)?;
    // What the first plugin and the first call alone allocate is no plugin's memory.
    drop(live(&echo, &message)?);
    let before = settled_kib().await?;
    // Beyond what the address space has room for, none starts.
    let mut plugins: Vec<Plugin> =
        (0..settings.workers).map_while(|_| live(&echo, &message).ok()).collect();
    let after = settled_kib().await?;
    if plugins.is_empty() {
        return Err(Failure::broken("no plugin answered"));
    }
    for plugin in &mut plugins {
        echoed(plugin, &message)?;
    }
    let workers = plugins.len() as f64;
    Ok(Report::default().with("kib_each", (after - before) / workers).with("workers", workers))
}

/// A plugin that has its instance.
fn live(echo: &Guest, message: &[u8]) -> Result<Plugin> {
    let mut plugin = echo.start()?;
    echoed(&mut plugin, message)?;
    Ok(plugin)
}
