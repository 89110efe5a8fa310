//! The node's functions as [`testing`](crate::testing) plays them. Outside of its
//! node nothing is accepted and nothing is known.

use std::time::Duration;

use crate::testing::Log;
use crate::testing::call::{self, Call, current};
use crate::{Address, Level, Origin, RequestError, Route, SendError, StartError, TimerId};

const NOWHERE: &str = "no node is running: see skep_worker::testing";

fn of_message<R>(ask: impl FnOnce(&crate::testing::core::Letter) -> R) -> Option<R> {
    current(|call| call.letter.as_ref().map(ask)).flatten()
}

fn accepted<R>(ask: impl FnOnce(&mut Call) -> Result<R, SendError>) -> Result<R, SendError> {
    current(ask).unwrap_or_else(|| Err(SendError::Other(NOWHERE.into())))
}

pub(crate) fn recipient() -> Address {
    of_message(|letter| letter.recipient.clone()).unwrap_or_else(own_address)
}

pub(crate) fn onward_route() -> Route {
    of_message(|letter| letter.onward.clone()).unwrap_or_default()
}

pub(crate) fn return_route() -> Route {
    of_message(|letter| letter.back.clone()).unwrap_or_default()
}

pub(crate) fn sender() -> Origin {
    of_message(|letter| letter.origin.clone()).unwrap_or_else(|| Origin::Other(NOWHERE.into()))
}

pub(crate) fn attempt() -> u32 {
    of_message(|letter| letter.attempt).unwrap_or(1)
}

pub(crate) fn awaited() -> Option<Duration> {
    let until = of_message(|letter| letter.until).flatten()?;
    Some(Duration::from_millis(until.saturating_sub(now())))
}

pub(crate) fn reply(payload: &[u8]) -> Result<(), SendError> {
    accepted(|call| call.reply(payload))
}

pub(crate) fn forward(via: &Route, payload: Option<&[u8]>) -> Result<(), SendError> {
    accepted(|call| call.forward(via, payload))
}

pub(crate) fn own_address() -> Address {
    current(|call| call.owner.clone()).unwrap_or_else(|| Address::local(b"nowhere"))
}

pub(crate) fn send(to: &Route, payload: &[u8]) -> Result<(), SendError> {
    accepted(|call| call.send(to, payload))
}

pub(crate) fn request(to: &Route, payload: &[u8], timeout: u32) -> Result<Vec<u8>, RequestError> {
    call::request(to, payload, timeout).unwrap_or_else(|| Err(RequestError::Other(NOWHERE.into())))
}

pub(crate) fn send_after(delay: u32, to: &Route, payload: &[u8]) -> Result<TimerId, SendError> {
    accepted(|call| call.send_after(delay, to, payload))
}

pub(crate) fn cancel(timer: TimerId) {
    current(|call| call.cancel(timer));
}

pub(crate) fn start_worker(
    component: &str,
    name: Option<&str>,
    args: &[u8],
) -> Result<Address, StartError> {
    current(|call| call.start_worker(component, name, args))
        .unwrap_or_else(|| Err(StartError::Other(NOWHERE.into())))
}

pub(crate) fn stop_worker(address: &Address) -> Result<(), SendError> {
    accepted(|call| call.stop_worker(address))
}

pub(crate) fn monitor(address: &Address, payload: &[u8]) -> Result<(), SendError> {
    accepted(|call| {
        call.monitor(address, payload);
        Ok(())
    })
}

pub(crate) fn demonitor(address: &Address) {
    current(|call| call.demonitor(address));
}

pub(crate) fn stop_node() -> Result<(), SendError> {
    accepted(|call| {
        call.stop_node();
        Ok(())
    })
}

pub(crate) fn config(key: &str) -> Option<String> {
    current(|call| call.core.borrow().config.get(&(call.owner.clone(), key.into())).cloned())
        .flatten()
}

pub(crate) fn now() -> u64 {
    current(|call| call.core.borrow().now).unwrap_or_default()
}

/// The same in every run, and different each time: a test's bytes, not a secret's.
pub(crate) fn random_bytes(count: u32) -> Vec<u8> {
    let mut seed = current(|call| call.core.borrow_mut().number()).unwrap_or(1);
    let mut byte = || {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        seed.to_be_bytes()[0]
    };
    (0..count).map(|_| byte()).collect()
}

pub(crate) fn log(level: Level, text: &str) {
    current(|call| {
        let log = Log { address: call.owner.clone(), level, text: text.into() };
        call.core.borrow_mut().logs.push(log);
    });
}
