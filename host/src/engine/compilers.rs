//! The threads that compile: a few files at a time, behind everything else that the
//! machine has to do, and each file for so long at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::admission::AdmissionError;
use crate::executor::step_back;

/// How far compilers step back behind all that runs.
const NICE: i32 = 10;

/// What is compiled for so long has taken much memory.
const LONG: Duration = Duration::from_secs(1);

/// Where files are compiled.
pub(super) struct Compilers {
    /// As many files at a time.
    most: usize,
    places: Arc<Semaphore>,
    /// Places of files that are still compiled although nobody waits for them any more.
    lost: Arc<AtomicUsize>,
    budget: Duration,
}

impl Compilers {
    /// Compile `most` files at a time, each on as many threads, for `budget` at most.
    pub(super) fn new(most: usize, budget: Duration) -> Self {
        let places = Arc::new(Semaphore::new(most));
        Self { most, places, lost: Arc::default(), budget }
    }

    /// Have `work` done once there is a place for it.
    ///
    /// # Errors
    /// What `work` says; or that it took too long. A compiler cannot be stopped in the
    /// middle: the work goes on until it ends by itself, and keeps its place so long, so
    /// that no number of such files takes more than the places there are.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AdmissionError> + Send + 'static,
    ) -> Result<T, AdmissionError> {
        let place = self.place().await?;
        let fate = Arc::new(Fate { state: AtomicU8::new(AWAITED), lost: self.lost.clone() });
        let _awaited = Awaited(fate.clone());
        let outcome = self.begin(place, fate, work)?;
        let Ok(ended) = timeout(self.budget, outcome).await else {
            return Err(AdmissionError::Slow { budget: self.budget });
        };
        ended.unwrap_or_else(|_| Err(AdmissionError::Compile("the compiler's thread ended".into())))
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, AdmissionError> {
        let busy = || AdmissionError::Busy { most: self.most, budget: self.budget };
        if self.places.available_permits() == 0 && self.lost.load(Ordering::Relaxed) >= self.most {
            return Err(busy());
        }
        // Whoever is in front ends within the budget, or is lost: nobody waits for ever.
        let patience = self.budget.saturating_mul(1_000);
        match timeout(patience, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(busy()),
        }
    }

    /// A thread of its own, with a pool of its own beneath: two files that share one would
    /// wait for each other.
    fn begin<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        fate: Arc<Fate>,
        work: impl FnOnce() -> Result<T, AdmissionError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AdmissionError>>, AdmissionError> {
        let no_thread = |why: String| AdmissionError::Compile(format!("there is no thread: {why}"));
        let (done, outcome) = oneshot::channel();
        let threads = self.most;
        let compile = move || {
            step_back(NICE);
            let began = Instant::now();
            let pool = ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|index| format!("skep-compile-{index}"))
                .start_handler(|_| step_back(NICE))
                .build();
            let outcome = match pool {
                Ok(pool) => pool.install(work),
                Err(why) => Err(no_thread(why.to_string())),
            };
            if began.elapsed() > LONG {
                give_back_memory();
            }
            // Before its place is free: whoever gets that finds it counted back.
            fate.end();
            drop(place);
            // Whoever waited may have given up.
            let _ = done.send(outcome);
        };
        let thread = std::thread::Builder::new().name("skep-compile".into());
        thread.spawn(compile).map_err(|why| no_thread(why.to_string()))?;
        Ok(outcome)
    }
}

/// Give what compiling has freed back to the system: glibc keeps what belonged to threads that
/// have ended for threads to come, hundreds of MiB after a large file.
fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "no crate at hand wraps this call")]
    // SAFETY: it touches nothing but what is free, under the allocator's own locks.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Whether a file is still compiled, and whether anybody waits for it.
struct Fate {
    state: AtomicU8,
    lost: Arc<AtomicUsize>,
}

const AWAITED: u8 = 0;
const LOST: u8 = 1;
const OVER: u8 = 2;

impl Fate {
    /// The thread has ended.
    fn end(&self) {
        if self.state.swap(OVER, Ordering::AcqRel) == LOST {
            self.lost.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// While this lives, somebody waits.
struct Awaited(Arc<Fate>);

impl Drop for Awaited {
    fn drop(&mut self) {
        let Fate { state, lost } = &*self.0;
        // Counted first: the thread may end, and count back, at any time after.
        lost.fetch_add(1, Ordering::AcqRel);
        if state.compare_exchange(AWAITED, LOST, Ordering::AcqRel, Ordering::Acquire).is_err() {
            lost.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_file_that_takes_too_long_keeps_its_place_until_it_ends() {
        let compilers = Compilers::new(1, Duration::from_millis(20));
        let (go, wait) = mpsc::channel::<()>();
        let long = compilers.run(move || Ok(wait.recv().is_ok())).await;
        assert!(matches!(long, Err(AdmissionError::Slow { .. })), "{long:?}");
        let next = compilers.run(|| Ok(())).await;
        assert!(matches!(next, Err(AdmissionError::Busy { most: 1, .. })), "{next:?}");
        go.send(()).unwrap();
        // Its place is free again once its thread has ended.
        let place = compilers.places.clone().acquire_owned().await.unwrap();
        drop(place);
        assert!(matches!(compilers.run(|| Ok(7)).await, Ok(7)));
        assert_eq!(compilers.lost.load(Ordering::Relaxed), 0);
    }
}
