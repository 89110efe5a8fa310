//! How this node opens a channel: three messages, after which each end knows the other.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use skep_protocol::Route;
use skep_secure::ends::{Connecting, Ends, Open, Outgoing};
use skep_secure::{HandshakeError, Judge, Trust};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::router::{GiveUp, Message, Origin, Pending, RequestError, Token, UNANSWERED, Unplaced};
use crate::transport::leave::LEFT;
use crate::transport::secure::channel::Channel;
use crate::transport::secure::decryptor::Decryptor;
use crate::transport::secure::keys::seed;
use crate::transport::secure::{HANDSHAKE, SecureError, Shared, now};

/// After so long without an answer the first message leaves again: it may be lost on a node
/// between, of which nobody tells. The other end takes each for a beginning of its own, and goes on
/// with the one that this end answers.
const AGAIN: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

impl Shared {
    /// Open a channel to the listener at the end of a route, whose node has to be one of
    /// those that are trusted.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn connect(
        self: &Arc<Self>,
        listener: Route,
        trust: Trust,
    ) -> Result<Arc<Channel>, SecureError> {
        if self.over.is_on() {
            return Err(SecureError::Closed);
        }
        let ends = self.new_ends()?;
        let told = Arc::new(Notify::new());
        let tell = told.clone();
        let decryptor = Decryptor::new(self, ends.decryptor.clone(), move |_| tell.notify_one());
        self.router().register(ends.decryptor.clone(), decryptor.clone());
        let mut forget = Forget { shared: self, decryptor: Some(&decryptor) };
        let channel = self.shake_hands(&decryptor, &told, ends, listener, trust).await?;
        forget.decryptor = None;
        Ok(channel)
    }

    async fn shake_hands(
        self: &Arc<Self>,
        decryptor: &Arc<Decryptor>,
        told: &Notify,
        ends: Ends,
        listener: Route,
        trust: Trust,
    ) -> Result<Arc<Channel>, SecureError> {
        let origin = Origin::Worker(ends.decryptor.clone());
        let deadline = Instant::now() + HANDSHAKE;
        let identity = self.identity().await?;
        let own = identity.identifier();
        let began = Connecting::start(&identity, ends, seed()?, listener.clone(), now());
        let (connecting, first) = began.map_err(|why| SecureError::Identity(why.to_string()))?;
        let second = self.ask(first, &origin, decryptor, told, deadline).await?;
        let second = second.ok_or(SecureError::Timeout { own, within: HANDSHAKE })?;
        let link = second.back.stops.first().cloned();
        let back = lasting(second.back.stops, &second.origin, &listener);
        let (me, payload) = (self.clone(), second.payload);
        let finish = move || -> Result<(Open, Outgoing), SecureError> {
            let judge = Judge { now: now(), trust: &trust, known: me.keys.known() };
            let finished = connecting.finish(back, &payload, judge);
            finished.map_err(|why| match why {
                HandshakeError::Length | HandshakeError::Forged => SecureError::NoListener,
                why => SecureError::Refused(why.to_string()),
            })
        };
        let finished = self.runtime.spawn_blocking(finish).await;
        let (open, third) = finished.map_err(|_| SecureError::Closed)??;
        let lost = |why: crate::router::SendError| SecureError::Unreachable(why.to_string());
        self.put(third, origin).map_err(lost)?;
        self.add(open, decryptor, None, link.as_ref())
    }

    /// Send the first message, and wait for the second: none if none comes in time. The first
    /// one has a token as a request has, so that this node is told when it is lost on its way, or
    /// the link is over that it has left by.
    async fn ask(
        &self,
        first: Outgoing,
        origin: &Origin,
        decryptor: &Decryptor,
        told: &Notify,
        deadline: Instant,
    ) -> Result<Option<Box<Message>>, SecureError> {
        let pending = Pending::following(&self.core.router, deadline);
        let _asked = GiveUp(&pending);
        let Outgoing { onward, back, payload } = first;
        let payload = Bytes::from(payload);
        let send = || {
            let (to, back) = (onward.clone().into(), back.clone().into());
            let (payload, origin) = (payload.clone(), origin.clone());
            let token = Some(Token::new(&pending));
            let next = self.core.router.route(Unplaced::new(to, back, payload, origin, token));
            let next = next.map_err(|(why, _)| SecureError::Unreachable(why.to_string()))?;
            self.core.executor.helping(|| next.deliver(&self.core.router));
            Ok(())
        };
        send()?;
        let lost = async {
            match std::future::poll_fn(|context| pending.poll(context)).await {
                // It has left, or has come to a listener of this node.
                Err(RequestError::Dropped(why)) if [LEFT, UNANSWERED].contains(&&*why) => {}
                Err(why) if why != RequestError::Timeout => return why.to_string(),
                _ => {}
            }
            std::future::pending().await
        };
        let second = async {
            loop {
                told.notified().await;
                if let Some(message) = decryptor.take() {
                    return message;
                }
            }
        };
        let again = async {
            let began = Instant::now();
            for after in AGAIN {
                sleep_until(began + after).await;
                send()?;
            }
            std::future::pending().await
        };
        tokio::select! {
            biased;
            second = timeout_at(deadline, second) => Ok(second.ok()),
            why = lost => Err(SecureError::Unreachable(why)),
            failed = again => failed,
        }
    }
}

/// The way to the other end, which outlives the connection that it was shown over: where this
/// node has opened that itself, it can do so again.
fn lasting(mut back: Route, origin: &Origin, listener: &Route) -> Route {
    let first = listener.first().filter(|first| !first.is_local());
    if let (Some(first), Origin::Peer(peer)) = (first, origin)
        && peer.address() == first
        && back.first() == Some(peer.link())
    {
        back.pop_front();
        back.push_front(first.clone());
    }
    back
}

/// A handshake that fails, or that nobody waits for any more, leaves no address behind.
struct Forget<'a> {
    shared: &'a Shared,
    decryptor: Option<&'a Arc<Decryptor>>,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.decryptor.into_iter().for_each(|decryptor| self.shared.forget(decryptor));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::Peer;
    use skep_protocol::{Address, route};

    #[test]
    fn a_way_by_a_link_of_ones_own_is_by_its_name() {
        let (link, at) = (Address::from("_l1"), Address::from("1#10.0.0.7:4000"));
        let origin = Origin::Peer(Peer::new(link.clone(), at.clone()));
        let back = route![&link, "hop", "decryptor"];
        let by_name = route![&at, "hop", "decryptor"];
        assert_eq!(lasting(back.clone(), &origin, &route![&at, "hop", "secure"]), by_name);
        assert_eq!(lasting(back.clone(), &origin, &route!["1#10.0.0.8:4000", "secure"]), back);
        assert_eq!(lasting(back.clone(), &origin, &route!["h1", &at, "secure"]), back);
        let worker = Origin::Worker("w".into());
        assert_eq!(lasting(back.clone(), &worker, &route![&at, "secure"]), back);
    }
}
