//! Addresses and routes within MessagePack payloads and saved states: as text.

use alloc::string::String;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Address, Route};

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An empty route is the empty text here, and a way back may be longer than a
/// route that a person may write.
impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let stops = text.split(',').filter(|_| !text.is_empty());
        stops.map(|stop| stop.parse::<Address>().map_err(D::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Route, msgpack, route};

    #[test]
    fn a_route_is_kept_in_a_payload() {
        for route in [route![], route!["h1", "1#[::1]:4000"], ["a"; 20].into_iter().collect()] {
            let payload = msgpack::encode(&route).unwrap();
            assert_eq!(msgpack::decode::<Route>(&payload), Ok(route));
        }
        assert!(msgpack::decode::<Route>(&msgpack::encode("a,,b").unwrap()).is_err());
    }
}
