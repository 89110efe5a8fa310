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
    /// Threads of nodes, and those called as [`THREAD`].
    pub threads: usize,
    /// Open files and sockets, without the images.
    pub files: usize,
    /// Images of memories: wasmtime has one of each module that has data, for as long as
    /// its compiled code is kept.
    pub images: usize,
}

/// What the threads of a runtime are called that are to be counted.
pub const THREAD: &str = "counted";

/// What such an image is called.
const IMAGE: &str = "/memfd:wasm-memory-image";

/// What it holds just now; none where the system does not tell.
pub fn held() -> Option<Held> {
    let is_counted = |name: &String| name.starts_with("skep-") || name == THREAD;
    let threads = threads().iter().filter(|name| is_counted(name)).count();
    let files = files();
    let images = files.iter().filter(|file| file.starts_with(IMAGE)).count();
    // The folder that was read was one itself.
    let files = files.len().saturating_sub(images + 1);
    Some(Held { memory: status("VmRSS:")?, threads, files, images })
}

/// The names of its threads.
pub fn threads() -> Vec<String> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
    let names = tasks.filter_map(|task| name(task.ok()?));
    names.map(|name| name.trim_end().to_owned()).collect()
}

/// What its open files are.
pub fn files() -> Vec<String> {
    let Ok(files) = fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let target = |file: fs::DirEntry| fs::read_link(file.path()).ok();
    let targets = files.filter_map(|file| target(file.ok()?));
    targets.map(|target| target.display().to_string()).collect()
}

/// Whether other tests run in it meanwhile, so that what it holds says nothing of one:
/// nextest gives each a process of its own, `cargo test` does not.
pub fn is_shared() -> bool {
    std::env::var_os("NEXTEST").is_none()
}

/// The most memory that was resident since this began.
pub struct Peak(u64);

impl Peak {
    /// Begin to watch. One is watched at a time.
    pub fn begin() -> Self {
        // Where that is not allowed the peak is that of the whole life.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self(status("VmRSS:").unwrap_or_default())
    }

    /// By how much it was more than at the beginning, in bytes.
    pub fn grown(&self) -> u64 {
        status("VmHWM:").unwrap_or_default().saturating_sub(self.0)
    }
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
        assert!(held.files >= 3, "{held:?}");
        std::thread::Builder::new()
            .name(THREAD.into())
            .spawn(|| assert!(super::held().unwrap().threads >= 1))
            .unwrap()
            .join()
            .unwrap();
        let file = fs::File::open("/proc/self/status").unwrap();
        assert!(is_shared() || super::held().unwrap().files == held.files + 1);
        drop(file);
    }

    #[test]
    fn the_peak_is_kept() {
        let peak = Peak::begin();
        drop(std::hint::black_box(vec![1_u8; 20 << 20]));
        assert!(held().is_none() || peak.grown() > 15 << 20, "{}", peak.grown());
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
