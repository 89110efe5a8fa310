//! Requests whose messages have left over one connection, or through one channel: their
//! answers can come over that one alone, and none can come once it is gone.

use std::collections::HashMap;

use skep_protocol::Address;

use crate::router::{Answer, Message, RequestError, Token};
use crate::transport::names::{Names, REPLY};

/// Requests that are kept before it is looked which of them still wait.
const FIRST_LOOK: usize = 256;

/// A request whose message has left.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// What would tell the requester that its message was lost.
    pub(super) token: Option<Token>,
}

/// The system gives no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub(super) struct NoRandomness;

/// The requests that wait for their answers over one connection, or through one channel. Each of them is somebody's
/// who waits: so there are no more than that.
#[derive(Debug)]
pub(super) struct Replies {
    waiting: HashMap<Address, Reply, foldhash::fast::RandomState>,
    /// Those that are answered elsewhere, and want to hear of the end.
    followers: Vec<Token>,
    names: Names,
    /// With so many it is time to look who has given up.
    look: usize,
}

impl Replies {
    pub(super) fn new() -> Self {
        let followers = Vec::new();
        Self { waiting: HashMap::default(), followers, names: Names::new(), look: FIRST_LOOK }
    }

    /// A message leaves. If it is a request's, its answer comes to a name, which takes the
    /// requester's place at the end of the way back.
    ///
    /// # Errors
    /// Where there is no randomness to make a name of; the message is as it was.
    pub(super) fn expect(&mut self, message: &mut Message) -> Result<(), NoRandomness> {
        let Some(answer) = message.back.end.take() else { return Ok(()) };
        if self.waiting.len() >= self.look {
            self.waiting.retain(|_, reply| !reply.answer.is_over());
            self.look = FIRST_LOOK.max(2 * self.waiting.len());
        }
        let Some(name) = self.names.next(REPLY) else {
            message.back.end = Some(answer);
            return Err(NoRandomness);
        };
        let reply = Reply { answer, token: message.token.take() };
        self.waiting.insert(name.clone(), reply);
        message.back.stops.push(name);
        Ok(())
    }

    /// The message stays after all: its requester is told of it by its token again.
    pub(super) fn withdraw(&mut self, message: &mut Message) {
        let Some(name) = message.back.stops.last() else { return };
        if let Some(Reply { answer, token }) = self.take(name) {
            message.back.stops.pop_back();
            message.back.end = Some(answer);
            message.token = token;
        }
    }

    /// The request that this name stands for. Only its first answer counts.
    pub(super) fn take(&mut self, name: &Address) -> Option<Reply> {
        if name.is_local() && name.bytes().starts_with(REPLY) {
            return self.waiting.remove(name);
        }
        None
    }

    /// Tell whoever waits for this when no answers can come any more.
    pub(super) fn follow(&mut self, token: Token) {
        self.followers.retain(|follower| !follower.is_over());
        self.followers.push(token);
    }

    /// Whether anybody still waits.
    pub(super) fn are_awaited(&mut self) -> bool {
        self.waiting.retain(|_, reply| !reply.answer.is_over());
        self.followers.retain(|follower| !follower.is_over());
        !(self.waiting.is_empty() && self.followers.is_empty())
    }

    /// No answers can come any more.
    pub(super) fn lose_all(&mut self, why: &str) {
        let waiting = self.waiting.drain().filter_map(|(_, reply)| reply.token);
        for token in waiting.chain(self.followers.drain(..)) {
            token.lose(RequestError::Dropped(why.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::{GiveUp, Pending, Router};
    use tokio::time::Instant;

    #[test]
    fn who_has_given_up_is_forgotten_long_before_its_time_is_over() {
        let router = Router::new(skep_protocol::route::MAX_HOPS);
        let deadline = Instant::now() + std::time::Duration::from_secs(3_600);
        let mut replies = Replies::new();
        let [gone, waits] = [(); 2].map(|()| Pending::following(&router, deadline));
        for pending in [&gone, &waits] {
            replies.follow(Token::new(pending));
        }
        assert_eq!(replies.followers.len(), 2);
        drop(GiveUp(&gone));
        replies.follow(Token::new(&waits));
        assert_eq!(replies.followers.len(), 2);
        assert!(replies.followers.iter().all(|follower| !follower.is_over()));
        assert!(replies.are_awaited());
        drop(GiveUp(&waits));
        assert!(!replies.are_awaited());
    }
}
