//! The host's `crate::sync`, made of loom's types.

pub(crate) use loom::sync::Mutex;
use loom::sync::MutexGuard;
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a check that panics ends the model")
}

/// What std's promises and no more: who sees the value sees what was done before
/// it was set.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    set: AtomicBool,
    setting: Mutex<()>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            set: AtomicBool::new(false),
            setting: Mutex::new(()),
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.set.load(Ordering::Acquire).then(|| self.value.get())?
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        // Where std locks too: two that make the value at once are in a row.
        let _setting = lock(&self.setting);
        if self.value.get().is_none() {
            let value = make();
            assert!(self.value.set(value).is_ok(), "only one sets it");
            self.set.store(true, Ordering::Release);
        }
        self.value.get().expect("it was set")
    }
}
