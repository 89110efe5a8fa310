//! A reload: the next generation takes over between two messages, or does not. The old
//! instance is kept until the new one has shown that it works, and takes over again if
//! it does not.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::config::{Save, Trial};
use crate::engine::{Birth, Instance};
use crate::router::State;
use crate::sync::lock;
use crate::worker::awake::Slot;
use crate::worker::cell::Cell;
use crate::worker::generation::Generation;
use crate::worker::life;
use crate::worker::saved::Saved;

/// The longest that an old generation is kept for the trial of the next.
const TRIAL_TIME: Duration = Duration::from_secs(30);

/// How long a worker waits for the place of a second instance.
const FOR_A_SLOT: Duration = Duration::from_secs(1);

/// A generation that is to take over.
#[derive(Debug)]
pub(super) struct Reload {
    pub(super) generation: Arc<Generation>,
    /// Told what came of it; the text says why not.
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// An instance, and what it was made from.
pub(super) struct Live {
    pub(super) generation: Arc<Generation>,
    pub(super) instance: Instance,
    /// Its place among those of the node.
    pub(super) slot: Slot,
}

/// Who handles a worker's messages, and who may have to do so again.
pub(super) struct Seat {
    pub(super) live: Live,
    kept: Option<Kept>,
}

/// What is kept of the generation before, and for how long.
struct Kept {
    old: Old,
    /// The state that the old one had: what the new one saves may be nothing to it.
    saved: Option<Saved>,
    left: u32,
    until: Instant,
}

enum Old {
    Awake(Box<Live>),
    /// It had no instance, and so only its saved state.
    Asleep(Arc<Generation>),
}

impl Old {
    fn generation(&self) -> &Arc<Generation> {
        match self {
            Self::Awake(live) => &live.generation,
            Self::Asleep(generation) => generation,
        }
    }

    /// Whether the next generation saves as it goes, in a form that is this one's, too.
    fn has_saved(&self, next: &Generation) -> bool {
        let is_same = self.generation().code.digest() == next.code.digest();
        is_same && next.code.has_state() && next.options.save != Save::Handover
    }
}

/// What came of an order to sleep.
pub(super) enum Rest {
    Asleep,
    Awake,
    /// The instance is to be discarded.
    Failed(String),
}

/// What a failure on trial leads to.
pub(super) enum Fallback {
    /// There was no trial.
    None,
    /// The old instance handles messages again.
    Kept,
    /// The old generation has to begin with what it had saved.
    Anew,
}

impl Seat {
    pub(super) fn new(live: Live) -> Self {
        Self { live, kept: None }
    }

    /// Whether a failure would bring the old generation back.
    pub(super) fn on_trial(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| Instant::now() < kept.until)
    }

    /// Have the next generation take over. If it does not, all stays as it was. The
    /// text is the end of the instance that was to save its state.
    pub(super) async fn take_over(
        &mut self,
        cell: &Arc<Cell>,
        order: Reload,
    ) -> Result<(), String> {
        let saved = match self.live.instance.save().await {
            Ok(saved) => saved,
            Err(failure) => {
                let why = format!("its save failed: {}", failure.why);
                let _ = order.done.send(Err(why.clone()));
                return Err(why);
            }
        };
        let saved = match saved.and_then(|saved| self.kept(cell, saved)) {
            Ok(saved) => saved,
            Err(why) => {
                let _ = order.done.send(Err(format!("its save failed: {why}")));
                return Ok(());
            }
        };
        let next = begin(cell, &order.generation, &Birth::Reload, saved.as_ref()).await;
        let next = match next {
            Ok(next) => next,
            Err(why) => {
                let _ = order.done.send(Err(why));
                return Ok(());
            }
        };
        lock(&cell.saved).clone_from(&saved);
        let old = std::mem::replace(&mut self.live, next);
        self.give_up_kept(cell).await;
        cell.set_generation(order.generation.clone());
        self.keep(cell, Old::Awake(Box::new(old)), saved).await;
        let _ = order.done.send(Ok(()));
        Ok(())
    }

    /// The state that goes over; none of a generation that has none.
    fn kept(&self, cell: &Cell, saved: Vec<u8>) -> Result<Option<Saved>, String> {
        let Generation { code, options, .. } = &*self.live.generation;
        let saved = cell.keep(saved, options)?;
        Ok(code.has_state().then_some(saved))
    }

    /// A message was handled, and that ends the trial some time.
    pub(super) async fn passed(&mut self, cell: &Arc<Cell>) {
        let Some(kept) = &mut self.kept else { return };
        kept.left = kept.left.saturating_sub(1);
        if kept.left == 0 || Instant::now() >= kept.until {
            self.give_up_kept(cell).await;
        }
    }

    /// The instance has failed: if that was on trial, the old one is here again, with the
    /// state that it had. Where both are the same code, what was saved since is its own.
    pub(super) fn roll_back(&mut self, cell: &Arc<Cell>, why: &str) -> Fallback {
        if !self.on_trial() {
            self.kept = None;
            return Fallback::None;
        }
        let Some(kept) = self.kept.take() else { return Fallback::None };
        cell.set_trial(None);
        let goes_on = kept.old.has_saved(&self.live.generation);
        if !goes_on {
            *lock(&cell.saved) = kept.saved;
        }
        let (generation, fallback) = match kept.old {
            Old::Awake(old) if !goes_on => {
                self.live = *old;
                (self.live.generation.clone(), Fallback::Kept)
            }
            old => (old.generation().clone(), Fallback::Anew),
        };
        let lost = match goes_on {
            true => "what its state has gained since it was saved last is lost",
            false => "what its state has gained is lost",
        };
        cell.rolled_back(generation, &format!("{why}; {lost}"));
        fallback
    }

    /// Save the state and end, so that the worker has no instance until its next message. If
    /// that cannot be saved, or the generation before is still kept, all stays as it is.
    pub(super) async fn fall_asleep(&mut self, cell: &Arc<Cell>) -> Rest {
        if self.on_trial() {
            return Rest::Awake;
        }
        self.give_up_kept(cell).await;
        if !cell.may_sleep() {
            return Rest::Awake;
        }
        let saved = match self.live.instance.save().await {
            Ok(saved) => saved.and_then(|saved| self.kept(cell, saved)),
            Err(failure) => {
                let why = format!("its save failed: {}", failure.why);
                cell.cannot_sleep(&why);
                return Rest::Failed(why);
            }
        };
        match saved {
            Ok(saved) => *lock(&cell.saved) = saved,
            Err(why) => {
                cell.cannot_sleep(&format!("its save failed: {why}"));
                return Rest::Awake;
            }
        }
        wind_down(cell, &mut self.live.instance).await;
        Rest::Asleep
    }

    /// End in good order, and whoever is kept with it.
    pub(super) async fn wind_down(&mut self, cell: &Arc<Cell>) {
        self.give_up_kept(cell).await;
        wind_down(cell, &mut self.live.instance).await;
    }

    /// Keep the generation before until the new one has shown that it works.
    async fn keep(&mut self, cell: &Arc<Cell>, old: Old, saved: Option<Saved>) {
        let (Trial(left), until) = (cell.generation().options.trial, Instant::now() + TRIAL_TIME);
        self.kept = Some(Kept { old, saved, left, until });
        match left {
            0 => self.give_up_kept(cell).await,
            _ => cell.set_trial(Some(until)),
        }
    }

    async fn give_up_kept(&mut self, cell: &Arc<Cell>) {
        cell.set_trial(None);
        if let Some(Kept { old: Old::Awake(mut old), .. }) = self.kept.take() {
            wind_down(cell, &mut old.instance).await;
        }
    }
}

/// Have a generation take over from one that has no instance just now: it begins with
/// the state that was saved last.
pub(super) async fn enter(cell: &Arc<Cell>, order: Reload) -> Option<Seat> {
    let old = cell.generation();
    let birth = lock(&cell.line).birth_of_reload();
    let saved = lock(&cell.saved).clone();
    match begin(cell, &order.generation, &birth, saved.as_ref()).await {
        Ok(live) => {
            cell.set_generation(order.generation.clone());
            // If it was parked, it is not any more.
            cell.set_state(State::Idle);
            let _ = order.done.send(Ok(()));
            let mut seat = Seat::new(live);
            seat.keep(cell, Old::Asleep(old), saved).await;
            Some(seat)
        }
        Err(why) => {
            let _ = order.done.send(Err(why));
            None
        }
    }
}

/// Begin a generation's instance; the text says why it does not.
async fn begin(
    cell: &Arc<Cell>,
    generation: &Arc<Generation>,
    birth: &Birth,
    saved: Option<&Saved>,
) -> Result<Live, String> {
    // Not that it would be wrong to forget it: nobody has asked for that.
    if !generation.code.has_state() && saved.is_some_and(|saved| !saved.bytes().is_empty()) {
        return Err("it exports no `state`, and there is state to go over: \
                    stop the worker first if it is to be forgotten"
            .into());
    }
    let slot = cell.parts.awake.slot(cell, FOR_A_SLOT).await?;
    let begun = life::begin(cell, generation, birth, saved, slot).await;
    begun.map_err(|failure| format!("it failed to start: {}", failure.why))
}

/// End an instance in good order.
async fn wind_down(cell: &Cell, instance: &mut Instance) {
    match instance.stop().await {
        Ok(()) => instance.handling().commit_all().await,
        Err(failure) => cell.warn(&format!("its stop failed: {}", failure.why)),
    }
}
