//! Stops, nearest first: where a message still has to go, or the way back.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use smallvec::SmallVec;

use crate::address::{Address, AddressError};

/// The most stops that a route may have when it is sent on its way.
pub const MAX_STOPS: usize = 16;

/// The most stops of an onward or a return route together with the way it has
/// come: what is longer has gone round in circles.
pub const MAX_HOPS: usize = 32;

/// Addresses, nearest first.
///
/// In text the stops are separated by commas: `h1,echoer`. An empty route is a
/// value (nothing is left of the way) but is refused where text is read.
#[derive(Default, PartialEq, Eq, Hash)]
pub struct Route(SmallVec<[Address; 2]>);

/// Why a text is not a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// There is no stop in it.
    Empty,
    /// It has more than [`MAX_STOPS`] stops.
    TooLong,
    /// A stop, counted from 1, is not an address.
    Stop(usize, AddressError),
}

impl Route {
    /// A route without a stop.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many stops there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no stop is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The nearest stop.
    #[must_use]
    pub fn first(&self) -> Option<&Address> {
        self.0.first()
    }

    /// The stop at the far end.
    #[must_use]
    pub fn last(&self) -> Option<&Address> {
        self.0.last()
    }

    /// The stops, nearest first.
    pub fn iter(&self) -> core::slice::Iter<'_, Address> {
        self.0.iter()
    }

    /// Put a stop in front: it becomes the nearest.
    pub fn push_front(&mut self, stop: Address) {
        self.0.insert(0, stop);
    }

    /// Put a stop at the far end.
    pub fn push(&mut self, stop: Address) {
        self.0.push(stop);
    }

    /// Take the nearest stop off.
    pub fn pop_front(&mut self) -> Option<Address> {
        match self.0.len() {
            0 | 1 => self.0.pop(),
            _ => Some(self.0.remove(0)),
        }
    }

    /// Take the stop at the far end off.
    pub fn pop_back(&mut self) -> Option<Address> {
        self.0.pop()
    }
}

impl Clone for Route {
    fn clone(&self) -> Self {
        match self.0.as_slice() {
            [] => Self::new(),
            // Nearly all have one, which needs no loop.
            [stop] => stop.into(),
            stops => Self(stops.iter().cloned().collect()),
        }
    }
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        if text.is_empty() {
            return Err(RouteError::Empty);
        }
        let mut route = Self::new();
        for (index, stop) in text.split(',').enumerate() {
            if index == MAX_STOPS {
                return Err(RouteError::TooLong);
            }
            route.push(stop.trim().parse().map_err(|why| RouteError::Stop(index + 1, why))?);
        }
        Ok(route)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, stop) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{stop}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

impl<A: Into<Address>> FromIterator<A> for Route {
    fn from_iter<I: IntoIterator<Item = A>>(stops: I) -> Self {
        Self(stops.into_iter().map(Into::into).collect())
    }
}

impl<A: Into<Address>> Extend<A> for Route {
    fn extend<I: IntoIterator<Item = A>>(&mut self, stops: I) {
        self.0.extend(stops.into_iter().map(Into::into));
    }
}

impl IntoIterator for Route {
    type Item = Address;
    type IntoIter = smallvec::IntoIter<[Address; 2]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Route {
    type Item = &'a Address;
    type IntoIter = core::slice::Iter<'a, Address>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Address> for Route {
    fn from(stop: Address) -> Self {
        let mut route = Self::new();
        route.push(stop);
        route
    }
}

impl From<&Address> for Route {
    fn from(stop: &Address) -> Self {
        stop.clone().into()
    }
}

impl From<&Route> for Route {
    fn from(route: &Route) -> Self {
        route.clone()
    }
}

/// For texts in one's own code: `"h1,echoer"`. Stops are read as
/// `Address::from(&str)` reads them, without spaces around them; an empty text is an empty
/// route.
impl From<&str> for Route {
    fn from(text: &str) -> Self {
        text.split(',').map(str::trim).filter(|stop| !stop.is_empty()).collect()
    }
}

impl From<String> for Route {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(out, "a route has at least one stop"),
            Self::TooLong => write!(out, "a route has at most {MAX_STOPS} stops"),
            Self::Stop(index, why) => write!(out, "stop {index} of the route: {why}"),
        }
    }
}

impl core::error::Error for RouteError {}

/// A [`Route`] from its stops, nearest first: `route!["h1", "echoer"]`.
#[macro_export]
macro_rules! route {
    ($($stop:expr),* $(,)?) => {
        <$crate::Route as ::core::default::Default>::default()$(.with($stop))*
    };
}

impl Route {
    /// This route with one more stop at its far end.
    #[must_use]
    pub fn with(mut self, stop: impl Into<Address>) -> Self {
        self.push(stop.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn text_and_stops() {
        assert_eq!("h1, 0#echoer".parse(), Ok(route!["h1", "echoer"]));
        assert_eq!(route!["h1", "1#[::1]:4000"].to_string(), "h1,1#[::1]:4000");
        assert_eq!(Route::from(" h1, echoer ,"), route!["h1", "echoer"]);
        assert_eq!(Route::from(" "), Route::new());
        assert_eq!("".parse::<Route>(), Err(RouteError::Empty));
        assert_eq!("a,,b".parse::<Route>(), Err(RouteError::Stop(2, AddressError::Empty)));
        assert_eq!(["a"; 17].join(",").parse::<Route>(), Err(RouteError::TooLong));
        assert_eq!(["a"; 16].join(",").parse::<Route>().map(|route| route.len()), Ok(16));
    }

    #[test]
    fn a_hop_moves_the_nearest_stop() {
        let (mut onward, mut back) = (route!["h1", "echoer"], route!["app"]);
        back.push_front(onward.pop_front().unwrap());
        assert_eq!((onward, back), (route!["echoer"], route!["h1", "app"]));
    }

    proptest! {
        #[test]
        fn text_is_read_back(stops in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 1..40)), 1..=MAX_STOPS)) {
            let route: Route = stops.iter().map(|(kind, bytes)| Address::new(*kind, bytes)).collect();
            prop_assert_eq!(route.to_string().parse(), Ok(route));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text: String) {
            let _ = text.parse::<Route>();
        }
    }
}
