//! What this process takes of the machine, as Linux tells it.

use std::fs;
use std::time::Duration;

/// The clock ticks of a second in `/proc`, the same on all of Linux.
const TICKS: u64 = 100;

/// What it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Memory that is resident, in bytes.
    pub memory: u64,
    /// Threads.
    pub threads: usize,
    /// Open files and sockets.
    pub files: usize,
}

/// What it holds just now; none where the system does not tell.
pub fn held() -> Option<Held> {
    let threads = fs::read_dir("/proc/self/task").ok()?.count();
    // The folder that is being read is one itself.
    let files = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    Some(Held { memory: status("VmRSS:")?, threads, files })
}

/// The names of its threads.
pub fn threads() -> Vec<String> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
    let names = tasks.filter_map(|task| name(task.ok()?));
    names.map(|name| name.trim_end().to_owned()).collect()
}

/// Begin anew to keep the peak of its memory.
pub fn reset_peak() {
    // Where that is not allowed the peak is that of the whole life.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that was resident at a time, in bytes.
pub fn peak() -> Option<u64> {
    status("VmHWM:")
}

/// The time that all its threads have run, to a hundredth of a second.
pub fn cpu() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name before may have spaces in it. After it the 12th and 13th are what counts.
    let mut words = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut ticks = || words.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 1_000 / TICKS))
}

/// A line of its status that counts kibibytes, in bytes.
fn status(key: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let Some(held) = held() else { return };
        assert!(held.memory > 100_000, "{held:?}");
        assert!(held.threads >= 1 && held.files >= 3, "{held:?}");
        assert_eq!(threads().len(), held.threads);
        let file = fs::File::open("/proc/self/status").unwrap();
        assert_eq!(super::held().unwrap().files, held.files + 1);
        drop(file);
        assert!(peak().unwrap() >= held.memory);
    }

    #[test]
    fn time_goes_on_while_it_runs() {
        let Some(before) = cpu() else { return };
        let began = std::time::Instant::now();
        while cpu().unwrap() < before + Duration::from_millis(50) {
            assert!(began.elapsed() < Duration::from_secs(20), "it stands still");
        }
        assert!(began.elapsed() >= Duration::from_millis(30));
    }
}
