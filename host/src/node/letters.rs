//! Dead letters, sent on their way again.

use crate::node::Node;
use crate::router::{Origin, SendError, Unplaced};

impl Node {
    /// Send a dead letter to whom it was for, as if it came for the first time; false if
    /// there is none of this number. It stays a dead letter when it cannot be sent.
    ///
    /// # Errors
    /// When nobody is there to take it, or has no room.
    pub fn redeliver_dead_letter(&self, number: u64) -> Result<bool, SendError> {
        let core = &self.registry.core;
        let letters = core.router.dead_letters();
        let found = letters.list().into_iter().find(|letter| letter.number == number);
        let Some(letter) = found else { return Ok(false) };
        let mut to = letter.onward_route;
        to.push_front(letter.to);
        // Whoever has asked does not wait any more: an answer is for the program.
        let nobody = letter.return_route.is_empty() && !matches!(letter.origin, Origin::Peer(_));
        let back = if nobody { self.app().address().into() } else { letter.return_route };
        let (to, back, payload, origin) = (to.into(), back.into(), letter.payload, letter.origin);
        let message = Unplaced::new(to, back, payload, origin, None);
        let next = core.router.route(message).map_err(|(why, _)| why)?;
        // Whoever takes it out sends it: two at a time do not send it twice.
        if letters.take(number).is_none() {
            return Ok(false);
        }
        core.executor.helping(|| next.deliver(&core.router));
        Ok(true)
    }
}
