//! The texts of addresses and routes: what is read can be printed and read again, and every
//! address that a peer may bear has a text. The first byte says which of the two the rest is.

use skep_protocol::address::MAX_BYTES;
use skep_protocol::route::MAX_STOPS;
use skep_protocol::{Address, Route};

/// The target.
pub fn body(data: &[u8]) {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    match how % 2 {
        0 => read(&String::from_utf8_lossy(data)),
        _ => printed(data),
    }
}

/// Any text.
fn read(text: &str) {
    // In one's own code every text is an address, and a route.
    let _ = (Address::from(text), Route::from(text));
    match text.parse::<Address>() {
        Ok(address) => address_holds(&address),
        Err(why) => assert!(!why.to_string().is_empty()),
    }
    match text.parse::<Route>() {
        Ok(route) => {
            assert!((1..=MAX_STOPS).contains(&route.len()));
            route.iter().for_each(address_holds);
            route_holds(&route);
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
}

/// Stops that came otherwise than as text: each begins with its transport type and its length.
fn printed(mut data: &[u8]) {
    let mut route = Route::new();
    while let [transport, length, rest @ ..] = data
        && route.len() < MAX_STOPS
    {
        let (bytes, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        if !bytes.is_empty() {
            let stop = Address::new(*transport, bytes);
            assert_eq!((stop.transport(), stop.bytes()), (*transport, bytes));
            address_holds(&stop);
            route.push(stop);
        }
        data = rest;
    }
    if !route.is_empty() {
        route_holds(&route);
    }
}

fn address_holds(address: &Address) {
    assert!((1..=MAX_BYTES).contains(&address.bytes().len()));
    let text = address.to_string();
    assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
    assert_eq!(text.parse().as_ref(), Ok(address));
    assert_eq!(&Address::from(text.as_str()), address);
}

fn route_holds(route: &Route) {
    let text = route.to_string();
    assert_eq!(text.parse().as_ref(), Ok(route));
    assert_eq!(&Route::from(text.as_str()), route);
}
