//! The way to the other end's decryptor, where everything of a channel is sent.

use skep_protocol::route::MAX_HOPS;
use skep_protocol::{Address, Route};

/// The way to the other end's decryptor.
///
/// A channel is not bound to a connection. R, the responder, goes after I: when a message
/// of I's is the newest, answers take the way on which it came. I's own way stays.
///
/// What says by which way a message has come is not authenticated: whoever sits between
/// the ends can lead R's answers elsewhere, but not read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    route: Route,
    /// I's decryptor, the last stop of every way to it; `None` if this is I's own way.
    decryptor: Option<Address>,
}

impl Way {
    /// I's way: the return route of the second message.
    #[must_use]
    pub fn of_initiator(back: Route) -> Self {
        Self { route: back, decryptor: None }
    }

    /// R's way at first: the return route of a message of I's handshake, which ends with I's
    /// decryptor.
    #[must_use]
    pub fn of_responder(back: Route) -> Self {
        let decryptor = back.iter().last().cloned();
        Self { route: back, decryptor }
    }

    /// The way as it is now.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Goes after the newest message, which has come with this return route. On the wire
    /// that is empty where no other node was between: what is in it then was put there by
    /// one's own, and leads to the connection. True if the way has changed.
    pub fn follow(&mut self, back: &Route) -> bool {
        let Some(decryptor) = &self.decryptor else {
            return false;
        };
        // A longer one would not be taken by any node.
        if back.len() >= MAX_HOPS || self.leads_along(back) {
            return false;
        }
        self.route = back.clone();
        self.route.push(decryptor.clone());
        true
    }

    /// Whether it is this way already, as nearly always.
    fn leads_along(&self, back: &Route) -> bool {
        self.route.len() == back.len() + 1 && self.route.iter().zip(back).all(|(a, b)| a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_protocol::route;

    #[test]
    fn responder_goes_after_the_newest_message() {
        let mut way = Way::of_responder(route!["connection", "hop", "decryptor"]);
        assert_eq!(way.route(), &route!["connection", "hop", "decryptor"]);
        for (back, expected, changes) in [
            (route!["connection"], route!["connection", "decryptor"], true),
            (route!["other"], route!["other", "decryptor"], true),
            (route!["other"], route!["other", "decryptor"], false),
            (Route::new(), route!["decryptor"], true),
            (route!["a", "b"], route!["a", "b", "decryptor"], true),
        ] {
            assert_eq!(way.follow(&back), changes);
            assert_eq!(way.route(), &expected);
        }
    }

    #[test]
    fn initiator_stays() {
        let mut way = Way::of_initiator(route!["connection", "decryptor"]);
        assert!(!way.follow(&route!["other"]));
        assert_eq!(way.route(), &route!["connection", "decryptor"]);
    }

    #[test]
    fn no_way_is_longer_than_a_route_can_be() {
        let mut way = Way::of_responder(route!["connection", "decryptor"]);
        let stops = |count| -> Route { std::iter::repeat_n(Address::local(b"x"), count).collect() };
        assert!(!way.follow(&stops(MAX_HOPS)));
        assert_eq!(way.route(), &route!["connection", "decryptor"]);
        assert!(way.follow(&stops(MAX_HOPS - 1)));
        assert_eq!(way.route().len(), MAX_HOPS);
    }
}
