//! From the workers of this node to the other end of a secure channel.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use skep_protocol::Address;
use skep_secure::ends::Sending;

use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::router::{Message, Recipient, SendError, Stats, Way};
use crate::transport::leave::{has_left, hindrance, lose, onward, share_of_others, show};
use crate::transport::secure::Shared;
use crate::transport::secure::channel::Channel;
use crate::transport::secure::turns::{Later, Turns};

/// What is sent through a channel waits here, if anywhere: what is sealed has to leave. There may
/// be many channels to a link, and what waits in each comes on top of the link's own queue: so it
/// is a message of the greatest size, and little more.
const CAPACITY: Capacity = Capacity { messages: 1_024, bytes: 2 << 20 };

/// The address of a channel, as workers see it.
pub(super) struct Encryptor {
    pub(super) channel: Arc<Channel>,
    mailbox: Mailbox<Box<Message>>,
    stats: Stats,
    turns: Turns,
    later: Later,
}

impl Encryptor {
    pub(super) fn new(channel: Arc<Channel>) -> Arc<Self> {
        let mailbox = Mailbox::new(CAPACITY);
        let (stats, turns) = (Stats::default(), Turns::default());
        Arc::new(Self { channel, mailbox, stats, turns, later: Later::default() })
    }

    /// Take no more, and give up what waits.
    pub(super) fn close(&self, shared: &Shared, why: &str) {
        for message in self.mailbox.close() {
            self.lost(shared, *message, why);
        }
    }

    /// Pass on what there is, as far as there is room on the way.
    fn pass_all(self: &Arc<Self>) {
        let Some(shared) = self.channel.shared.upgrade() else { return };
        while let Some(message) = self.mailbox.pop() {
            if let Err(message) = self.pass(&shared, message) {
                match self.mailbox.push_front(message) {
                    Ok(()) => self.later.notify(&shared, self.clone()),
                    Err(message) => self.give_up(&shared, message, "the secure channel is closed"),
                }
                return;
            }
        }
    }

    /// Seal a message, and send it on its way. It comes back if there is no room: what is
    /// sealed has to leave, so that is made sure of before.
    fn pass(&self, shared: &Shared, mut message: Box<Message>) -> Result<(), Box<Message>> {
        let channel = &self.channel;
        if let Some(why) = hindrance(&message) {
            self.give_up(shared, message, why);
            return Ok(());
        }
        if let Err(why) = channel.replies(|replies| replies.expect(&mut message)) {
            self.give_up(shared, message, &why.to_string());
            return Ok(());
        }
        match self.seal(shared, &message) {
            Ok(()) => {
                self.mailbox.release(message.weight());
                has_left(&mut message);
                channel.traffic.sent.fetch_add(1, Relaxed);
                channel.speaks();
                Ok(())
            }
            Err(why) => {
                channel.replies(|replies| replies.withdraw(&mut message));
                if matches!(why, SendError::MailboxFull(_)) {
                    return Err(message);
                }
                self.give_up(shared, message, &why.to_string());
                Ok(())
            }
        }
    }

    fn seal(&self, shared: &Shared, message: &Message) -> Result<(), SendError> {
        let (channel, router) = (&self.channel, shared.router());
        let (onward, back) = (onward(message), &message.back.stops);
        show(&channel.peer, router, back);
        let mut way = channel.sending(|sending| sending.way().clone());
        let next = way.pop_front().ok_or(SendError::EmptyRoute)?;
        let (way, no_way_back) = (Way::from(way), Way::default());
        let bytes = Sending::sealed_len(&onward, back, &message.payload);
        let place = router.place(&next, &way, &no_way_back, bytes, &channel.origin())?;
        let mut sealed = Vec::with_capacity(bytes);
        let seal =
            |sending: &mut Sending| sending.seal(&onward, back, &message.payload, &mut sealed);
        channel.sending(seal).map_err(|why| SendError::Encode(why.to_string()))?;
        let sealed = Message::new(next, way, no_way_back, sealed.into(), channel.origin());
        place.fill(router, Box::new(sealed));
        Ok(())
    }

    fn give_up(&self, shared: &Shared, message: Box<Message>, why: &str) {
        self.mailbox.release(message.weight());
        self.lost(shared, *message, why);
    }

    fn lost(&self, shared: &Shared, message: Message, why: &str) {
        self.channel.traffic.lost.fetch_add(1, Relaxed);
        Stats::add(&self.stats.failed, 1);
        let share = match self.channel.is_opened() {
            true => self.address().clone(),
            false => share_of_others(),
        };
        lose(message, &share, shared.router(), &shared.gate, why);
    }
}

impl Recipient for Encryptor {
    fn address(&self) -> &Address {
        &self.channel.ends.encryptor
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn is_open(&self) -> bool {
        !self.channel.is_over()
    }

    /// Sealed where it is sent: what a turn sends leaves by the link together.
    fn notify(self: Arc<Self>) {
        self.turns.take(|| self.pass_all());
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn carries(&self) -> bool {
        true
    }
}
