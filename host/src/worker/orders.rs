//! What a worker is told besides its mail. Whoever tells it wakes it afterwards; its turns
//! ask here before each message (checked over all interleavings in `tests/interleavings`).

use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// The orders of one worker; `R` is what has a generation take over.
#[derive(Debug)]
pub(crate) struct Orders<R> {
    told: Mutex<Told<R>>,
    /// There is something; read without the lock.
    any: AtomicBool,
}

/// What a worker was told, and has not done.
#[derive(Debug)]
pub(crate) struct Told<R> {
    /// Begin an instance, mail or not.
    pub(crate) begin: bool,
    /// End for good, and why: after the message in progress, or with `drain` after
    /// all that is queued.
    pub(crate) stop: Option<String>,
    pub(crate) drain: bool,
    /// End in the middle of whatever it does.
    pub(crate) kill: bool,
    /// End this instance in good order, and why; another takes its place.
    pub(crate) renew: Option<String>,
    /// The generation that is to take over.
    pub(crate) reload: Option<R>,
    /// Give the instance up, unless mail comes first.
    pub(crate) sleep: bool,
    /// Give back what an instance with nothing to do does not need.
    pub(crate) rest: bool,
    /// End the instance in the middle of a message, which the next one gets.
    pub(crate) interrupt: bool,
    /// It has ended: no generation takes over any more.
    over: bool,
}

impl<R> Default for Told<R> {
    fn default() -> Self {
        Self {
            begin: false,
            stop: None,
            drain: false,
            kill: false,
            renew: None,
            reload: None,
            sleep: false,
            rest: false,
            interrupt: false,
            over: false,
        }
    }
}

/// What comes before the next message.
#[derive(Debug)]
pub(crate) enum Order<R> {
    /// End for good; the text says why.
    Stop(String),
    /// Have another instance take this one's place; the text says why.
    Renew(String),
    /// Have this generation take over.
    Reload(R),
}

impl<R> Told<R> {
    fn is_empty(&self) -> bool {
        let nothing = self.stop.is_none() && self.renew.is_none() && self.reload.is_none();
        nothing && !self.begin && !self.kill && !self.sleep && !self.rest && !self.interrupt
    }
}

impl<R> Default for Orders<R> {
    fn default() -> Self {
        Self { told: Mutex::new(Told::default()), any: AtomicBool::new(false) }
    }
}

impl<R> Orders<R> {
    /// Tell it something.
    pub(crate) fn tell(&self, say: impl FnOnce(&mut Told<R>)) {
        let mut told = lock(&self.told);
        say(&mut told);
        self.any.store(true, Ordering::Release);
    }

    /// Have a generation take over; it takes the place of one that still waits. What goes
    /// unused is dropped, and that is its answer.
    pub(crate) fn have_take_over(&self, reload: R) {
        let mut unused = None;
        self.tell(|told| {
            unused = if told.over { Some(reload) } else { told.reload.replace(reload) };
        });
    }

    /// It has ended.
    pub(crate) fn end(&self) {
        let mut unused = None;
        self.tell(|told| {
            told.over = true;
            unused = told.reload.take();
        });
    }

    /// Whether there may be something.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Look at what it was told, or take something of that; none if there is nothing.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Told<R>) -> T) -> Option<T> {
        if !self.any() {
            return None;
        }
        let mut told = lock(&self.told);
        let seen = look(&mut told);
        if told.is_empty() {
            self.any.store(false, Ordering::Release);
        }
        Some(seen)
    }

    /// Whether what it was told is so.
    pub(crate) fn is(&self, so: impl FnOnce(&Told<R>) -> bool) -> bool {
        self.with(|told| so(told)).unwrap_or(false)
    }

    /// Why it is to stop now: not before its mail is handled if it is to drain.
    pub(crate) fn stop(&self, has_mail: impl FnOnce() -> bool) -> Option<String> {
        self.with(|told| told.stop.clone().filter(|_| !told.drain || !has_mail()))?
    }

    /// The generation that is to take over; said once.
    pub(crate) fn reload(&self) -> Option<R> {
        self.with(|told| told.reload.take())?
    }

    /// What comes before the next message. But for the end, each is said once.
    pub(crate) fn next(&self, has_mail: impl FnOnce() -> bool) -> Option<Order<R>> {
        if let Some(why) = self.stop(has_mail) {
            return Some(Order::Stop(why));
        }
        let renew = self.with(|told| told.renew.take()).flatten();
        renew.map(Order::Renew).or_else(|| self.reload().map(Order::Reload))
    }
}
