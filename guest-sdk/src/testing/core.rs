//! What the node for tests knows: cells, mailboxes, timers, answers, and the time.
//! No worker's code runs in here.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use super::run::Run;
use super::{Failed, Log};
use crate::{
    Address, Failure, Notice, Origin, RequestError, Route, SendError, StartError, TimerId,
};

/// How many messages a mailbox holds, unless the test says otherwise.
const MAILBOX: usize = 1024;

/// How long a message waits before it is delivered again, in milliseconds.
const RETRY_AFTER: u64 = 100;

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) recipient: Address,
    pub(crate) onward: Route,
    pub(crate) back: Route,
    pub(crate) payload: Vec<u8>,
    pub(crate) origin: Origin,
    /// Where somebody waits for the answer, and until when.
    pub(crate) token: Option<Address>,
    pub(crate) until: Option<u64>,
    pub(crate) attempt: u32,
    /// When it may be handled, and its place among all that may.
    ready: u64,
    number: u64,
}

impl Letter {
    /// A message to the first stop of `to`.
    pub(crate) fn new(
        mut to: Route,
        back: Route,
        origin: Origin,
        payload: &[u8],
    ) -> Result<Self, SendError> {
        let recipient =
            to.pop_front().ok_or_else(|| SendError::Other("the route is empty".into()))?;
        let letter = Self::to(recipient, origin, payload.into());
        Ok(Self { onward: to, back, ..letter })
    }

    /// A message from the node itself.
    pub(crate) fn notice(to: &Address, notice: Notice, payload: Vec<u8>) -> Self {
        Self::to(to.clone(), Origin::Node(notice), payload)
    }

    fn to(recipient: Address, origin: Origin, payload: Vec<u8>) -> Self {
        let (onward, back) = (Route::new(), Route::new());
        Self {
            recipient,
            onward,
            back,
            payload,
            origin,
            token: None,
            until: None,
            attempt: 1,
            ready: 0,
            number: 0,
        }
    }
}

/// Who sits at an address.
pub(crate) enum Seat {
    /// A worker that could handle a message now.
    Free(Box<dyn Run>),
    /// A worker whose code is running.
    Busy,
    /// Nobody: messages are kept for the test.
    StandIn,
}

/// What the node keeps for an address.
pub(crate) struct Cell {
    pub(crate) seat: Seat,
    pub(crate) args: Vec<u8>,
    pub(crate) parent: Option<Address>,
    /// Why it stops as soon as it is no longer busy.
    pub(crate) stopping: Option<String>,
    mailbox: VecDeque<Letter>,
}

/// A message that is sent when its time has come.
pub(crate) struct Timer {
    pub(crate) owner: Address,
    pub(crate) due: u64,
    pub(crate) letter: Letter,
}

/// Who is told of whose end.
#[derive(PartialEq)]
pub(crate) struct Monitor {
    pub(crate) by: Address,
    pub(crate) of: Address,
    pub(crate) payload: Vec<u8>,
}

/// The node for tests.
#[derive(Default)]
pub(crate) struct Core {
    pub(crate) now: u64,
    pub(crate) cells: BTreeMap<Address, Cell>,
    pub(crate) limits: BTreeMap<Address, usize>,
    pub(crate) config: BTreeMap<(Address, String), String>,
    pub(crate) components: BTreeMap<String, fn() -> Box<dyn Run>>,
    pub(crate) answers: BTreeMap<Address, Option<Result<Vec<u8>, RequestError>>>,
    pub(crate) timers: BTreeMap<u64, Timer>,
    pub(crate) monitors: Vec<Monitor>,
    pub(crate) logs: Vec<Log>,
    pub(crate) failures: Vec<Failed>,
    pub(crate) stopped: bool,
    last: u64,
}

impl fmt::Debug for Core {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Core")
            .field("now", &self.now)
            .field("workers", &self.workers())
            .finish_non_exhaustive()
    }
}

impl Core {
    /// A number that was not given before.
    pub(crate) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn add(
        &mut self,
        address: Address,
        seat: Seat,
        parent: Option<Address>,
        args: &[u8],
    ) {
        let cell =
            Cell { seat, args: args.into(), parent, stopping: None, mailbox: VecDeque::new() };
        self.cells.insert(address, cell);
    }

    pub(crate) fn workers(&self) -> Vec<Address> {
        let workers = self.cells.iter().filter(|(_, cell)| !matches!(cell.seat, Seat::StandIn));
        workers.map(|(address, _)| address.clone()).collect()
    }

    /// Whether a worker may be started at this address.
    pub(crate) fn free(&self, address: &Address) -> Result<(), StartError> {
        if self.cells.contains_key(address) {
            return Err(StartError::AddressTaken(address.clone()));
        }
        Ok(())
    }

    /// Whether the address takes one more message beside those already reserved.
    pub(crate) fn has_room(&self, to: &Address, reserved: usize) -> Result<(), SendError> {
        if self.answers.contains_key(to) {
            return Ok(());
        }
        let cell = self.cells.get(to).ok_or_else(|| SendError::NoRoute(to.clone()))?;
        let limit = self.limits.get(to).copied().unwrap_or(MAILBOX);
        if cell.mailbox.len() + reserved >= limit {
            return Err(SendError::MailboxFull(to.clone()));
        }
        Ok(())
    }

    /// Puts a message where it is going. A receiver that has gone meanwhile fails the
    /// requester.
    pub(crate) fn deliver(&mut self, mut letter: Letter) {
        letter.number = self.number();
        if let Some(answer) = self.answers.get_mut(&letter.recipient) {
            answer.get_or_insert(Ok(letter.payload));
        } else if let Some(cell) = self.cells.get_mut(&letter.recipient) {
            cell.mailbox.push_back(letter);
        } else {
            let why = format!("{} has stopped", letter.recipient);
            self.fail(letter.token, RequestError::Dropped(why));
        }
    }

    /// Ends a request without an answer.
    pub(crate) fn fail(&mut self, token: Option<Address>, why: RequestError) {
        if let Some(answer) = token.and_then(|token| self.answers.get_mut(&token)) {
            answer.get_or_insert(Err(why));
        }
    }

    /// A fresh address for an answer, and when it is too late.
    pub(crate) fn expect_answer(&mut self, patience: u64) -> (Address, u64) {
        let address = Address::local(format!("_answer{}", self.number()).as_bytes());
        self.answers.insert(address.clone(), None);
        (address, self.now.saturating_add(patience))
    }

    /// Ends the wait for an answer. Work that nobody waits for any longer is dropped.
    pub(crate) fn forget(&mut self, token: &Address) {
        self.answers.remove(token);
        for cell in self.cells.values_mut() {
            cell.mailbox.retain(|letter| letter.token.as_ref() != Some(token));
        }
    }

    /// Takes the message whose turn it is, and the worker that will handle it.
    pub(crate) fn next(&mut self) -> Option<(Letter, Box<dyn Run>)> {
        let now = self.now;
        let free = self.cells.values_mut().filter(|cell| matches!(cell.seat, Seat::Free(_)));
        let ready =
            free.filter(|cell| cell.mailbox.front().is_some_and(|letter| letter.ready <= now));
        let cell = ready.min_by_key(|cell| cell.mailbox.front().map(|letter| letter.number))?;
        let letter = cell.mailbox.pop_front()?;
        match std::mem::replace(&mut cell.seat, Seat::Busy) {
            Seat::Free(worker) => Some((letter, worker)),
            _ => None,
        }
    }

    /// Notes that a worker has failed on a message, and keeps the message if it is to
    /// be delivered again; after a commit it never is.
    pub(crate) fn failed(&mut self, mut letter: Letter, failure: Failure, committed: bool) {
        self.failures.push(Failed {
            address: letter.recipient.clone(),
            payload: letter.payload.clone(),
            attempt: letter.attempt,
            failure: failure.clone(),
        });
        match failure {
            Failure::Reject(text) => self.fail(letter.token, RequestError::Rejected(text)),
            Failure::Retry(text) if committed => {
                self.fail(letter.token, RequestError::Failed(text))
            }
            Failure::Retry(_) => {
                letter.attempt += 1;
                letter.ready = self.now + RETRY_AFTER;
                if let Some(cell) = self.cells.get_mut(&letter.recipient) {
                    cell.mailbox.push_front(letter);
                }
            }
        }
    }

    /// When the next thing happens by itself.
    pub(crate) fn next_event(&self) -> Option<u64> {
        let retries = self.cells.values().filter(|cell| matches!(cell.seat, Seat::Free(_)));
        let retries = retries.filter_map(|cell| cell.mailbox.front()).map(|letter| letter.ready);
        self.timers.values().map(|timer| timer.due).chain(retries).min()
    }

    /// Sends what the timers that have run out say.
    pub(crate) fn fire(&mut self) {
        let now = self.now;
        let mut due: Vec<_> = self.timers.extract_if(.., |_, timer| timer.due <= now).collect();
        due.sort_by_key(|(number, timer)| (timer.due, *number));
        for (number, Timer { owner, letter, .. }) in due {
            let own = letter.recipient == owner && letter.onward.is_empty();
            let notice =
                || Letter::notice(&owner, Notice::Timer(TimerId(number)), letter.payload.clone());
            self.deliver(if own { notice() } else { letter });
        }
    }

    /// The worker that waits for whoever waits for this answer.
    pub(crate) fn circle(&self, token: &Address) -> Option<Address> {
        let busy = self.cells.iter().filter(|(_, cell)| matches!(cell.seat, Seat::Busy));
        let mut circles = busy.filter(|(_, cell)| {
            cell.mailbox.iter().any(|letter| letter.token.as_ref() == Some(token))
        });
        circles.next().map(|(address, _)| address.clone())
    }

    pub(crate) fn take_mail(&mut self, address: &Address) -> VecDeque<Letter> {
        self.cells
            .get_mut(address)
            .map(|cell| std::mem::take(&mut cell.mailbox))
            .unwrap_or_default()
    }

    /// Forgets a worker, and tells those who wait for it or watch it.
    pub(crate) fn remove(&mut self, address: &Address, why: &str) {
        for letter in self.take_mail(address) {
            self.fail(letter.token, RequestError::Dropped(format!("{address} has stopped")));
        }
        self.cells.remove(address);
        self.timers.retain(|_, timer| timer.owner != *address);
        self.monitors.retain(|monitor| monitor.by != *address);
        for monitor in
            self.monitors.extract_if(.., |monitor| monitor.of == *address).collect::<Vec<_>>()
        {
            let notice = Notice::Stopped(address.clone(), why.into());
            self.deliver(Letter::notice(&monitor.by, notice, monitor.payload));
        }
    }
}
