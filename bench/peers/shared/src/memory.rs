//! How much memory this process has resident.

use std::time::Duration;

use crate::{Failure, Result};

/// `VmRSS` once it has stopped growing, in KiB.
pub async fn settled_kib() -> Result<f64> {
    let mut before = resident_kib()?;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = resident_kib()?;
        if now <= before * 1.001 {
            return Ok(now);
        }
        before = now;
    }
}

fn resident_kib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| Failure::broken("the system does not tell VmRSS"))
}
