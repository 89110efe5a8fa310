//! Requests whose messages have left over one connection: their answers can come over that
//! one alone, and none can come once it is gone.

use std::collections::HashMap;

use skep_protocol::Address;

use crate::router::{Answer, RequestError, Token};
use crate::transport::tcp::names::{Names, REPLY};

/// Requests that are kept before it is looked which of them still wait.
const FIRST_LOOK: usize = 256;

/// A request whose message has left.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// What would tell the requester that its message was lost.
    pub(super) token: Option<Token>,
}

/// The requests that wait for their answers over one connection. Each of them is somebody's
/// who waits: so there are no more than that.
#[derive(Debug)]
pub(super) struct Replies {
    waiting: HashMap<Address, Reply, foldhash::fast::RandomState>,
    names: Names,
    /// With so many it is time to look who has given up.
    look: usize,
}

impl Replies {
    pub(super) fn new() -> Self {
        Self { waiting: HashMap::default(), names: Names::new(), look: FIRST_LOOK }
    }

    /// A request's message leaves. Its answer comes to this name; none where there is no
    /// randomness to make one of.
    ///
    /// # Errors
    /// Gives back what it was given.
    pub(super) fn expect(&mut self, reply: Reply) -> Result<Address, Reply> {
        if self.waiting.len() >= self.look {
            self.waiting.retain(|_, reply| !reply.answer.is_over());
            self.look = FIRST_LOOK.max(2 * self.waiting.len());
        }
        let Some(name) = self.names.next(REPLY) else { return Err(reply) };
        self.waiting.insert(name.clone(), reply);
        Ok(name)
    }

    /// The request that this name stands for. Only its first answer counts.
    pub(super) fn take(&mut self, name: &Address) -> Option<Reply> {
        if name.is_local() && name.bytes().starts_with(REPLY) {
            return self.waiting.remove(name);
        }
        None
    }

    /// No answers can come any more.
    pub(super) fn lose_all(&mut self, why: &str) {
        for (_, reply) in self.waiting.drain() {
            if let Some(token) = reply.token {
                token.lose(RequestError::Dropped(why.into()));
            }
        }
    }
}
