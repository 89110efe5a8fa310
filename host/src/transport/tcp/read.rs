//! From a link's socket to the router: all that one read brings, in one go.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use skep_protocol::frame::{Decoder, Frame, FrameError};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use crate::router::{Message, SendError};
use crate::sync::Ordering;
use crate::transport::deliver::{Delivery, LOOK, STALL, Undelivered};
use crate::transport::rate::Rate;
use crate::transport::tcp::link::Link;
use crate::transport::tcp::session::Session;

/// What is read at once, at most.
const READ: usize = 64 << 10;
/// Frames, and bytes, that are handled before others of the runtime get their turn.
const ROUND: u32 = 128;
const ROUND_BYTES: usize = 256 << 10;
/// A link may have so many messages refused in a second, or bring as many frames that are for
/// nobody: some hundredths of a core. It waits with what is beyond, and so does whatever else it
/// carries, be it a relay's.
const REFUSED: f64 = 20_000.0;
/// How long a frame may take to come once it has begun.
const FRAME: Duration = Duration::from_secs(30);

thread_local! {
    /// Where bytes arrive: an idle link has no room of its own.
    static ARRIVALS: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into());
}

/// What came of some frames.
#[derive(Default)]
struct Round {
    frames: u32,
    /// Those that were for somebody.
    messages: u32,
    /// The last one's receiver has no room.
    stalled: Option<Box<Message>>,
}

/// What reads a connection.
pub(super) struct Reader<'a> {
    link: &'a Arc<Link>,
    session: &'a Session,
    delivery: Delivery,
    decoder: Decoder,
    messages: Rate,
    bytes: Rate,
    refusals: Rate,
    /// How many were refused, or for nobody, since the last look.
    refused: u32,
    /// Bytes since others had their turn.
    in_a_row: usize,
    /// When the frame began that is not whole yet.
    began: Option<Instant>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(link: &'a Arc<Link>, session: &'a Session, decoder: Decoder) -> Self {
        let limits = &link.shared.limits;
        #[expect(clippy::cast_precision_loss, reason = "a bound that need not be exact")]
        let bytes = limits.bytes as f64;
        Self {
            link,
            session,
            delivery: Delivery::new(&session.peer, limits.message),
            decoder,
            messages: Rate::new(limits.messages.into()),
            bytes: Rate::new(bytes),
            refusals: Rate::new(REFUSED),
            refused: 0,
            in_a_row: 0,
            began: None,
        }
    }

    /// Read until the connection is over; says why.
    pub(super) async fn run(mut self, mut half: OwnedReadHalf) -> String {
        loop {
            match self.read(&mut half).await {
                Ok(0) => return "the other side closed it".into(),
                Ok(_) => {}
                Err(why) => return format!("it could not be read: {why}"),
            }
            if let Err(why) = self.take_all().await {
                return why.to_string();
            }
            if self.in_a_row >= ROUND_BYTES {
                self.give_way().await;
            }
        }
    }

    /// Let others of the runtime have their turn.
    async fn give_way(&mut self) {
        self.in_a_row = 0;
        tokio::task::yield_now().await;
    }

    async fn read(&mut self, half: &mut OwnedReadHalf) -> io::Result<usize> {
        let deadline = self.began.map(|began| tokio::time::Instant::from_std(began + FRAME));
        let (decoder, session) = (&mut self.decoder, self.session);
        let read = poll_fn(|context| {
            ARRIVALS.with_borrow_mut(|room| {
                let mut room = ReadBuf::new(room);
                let polled = Pin::new(&mut *half).poll_read(context, &mut room);
                if polled.is_pending() && decoder.held() == 0 && session.rests() {
                    decoder.rest();
                }
                ready!(polled)?;
                decoder.push(room.filled());
                Poll::Ready(io::Result::Ok(room.filled().len()))
            })
        });
        let bytes = match deadline {
            None => read.await?,
            // A frame that trickles in holds its memory and its place.
            Some(deadline) => tokio::time::timeout_at(deadline, read)
                .await
                .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "a frame took too long"))??,
        };
        self.link.pace.hears();
        self.link.traffic.received_bytes(bytes);
        self.in_a_row += bytes;
        let wait = self.bytes.spend(bytes as f64);
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
        Ok(bytes)
    }

    /// Pass on all whole frames.
    async fn take_all(&mut self) -> Result<(), FrameError> {
        let mut rounds = 0;
        loop {
            let Round { frames, messages, stalled } = self.take_round()?;
            self.link.pace.reads(messages);
            self.link.traffic.received(messages);
            self.pause_for(frames).await;
            if let Some(stalled) = stalled {
                self.wait_for_room(stalled).await;
            } else if frames < ROUND {
                self.look_at_the_rest();
                return Ok(());
            }
            rounds += frames;
            if rounds > ROUND {
                rounds = 0;
                self.give_way().await;
            }
        }
    }

    /// Pass on as many frames as may go at once, and let their receivers handle them: what
    /// those answer leaves together.
    fn take_round(&mut self) -> Result<Round, FrameError> {
        let (link, others) = (self.link, self.has_others());
        link.shared.core.executor.helping_beside(others, || {
            let mut round = Round::default();
            while round.stalled.is_none()
                && round.frames < ROUND
                && let Some(frame) = self.decoder.next_frame()?
            {
                round.frames += 1;
                round.messages += u32::from(!frame.is_heartbeat());
                round.stalled = self.deliver(frame).err();
            }
            Ok(round)
        })
    }

    /// Whether other links are read just now, by this thread as like as not.
    fn has_others(&self) -> bool {
        let shared = &self.link.shared;
        shared.readers.are_many(Arc::as_ptr(self.link).addr(), shared.core.executor.now())
    }

    /// Pass on one frame. Gives it back if its receiver has no room.
    fn deliver(&mut self, frame: Frame) -> Result<(), Box<Message>> {
        if frame.is_heartbeat() {
            // Ockam's nodes answer so to what has no way back; that says nothing of beating.
            if frame.back.is_empty() && frame.payload.is_empty() {
                self.session.has_beaten();
            }
            self.refused += 1;
            return Ok(());
        }
        let mut back = frame.back;
        back.push_front(self.session.peer.link().clone());
        let (payload, session) = (Bytes::from(frame.payload), self.session);
        let router = self.link.router();
        let answered = |name: &_| session.answered(name);
        let delivered = self.delivery.deliver(router, (frame.onward, back), payload, answered);
        self.see(delivered)
    }

    /// Count what is refused; only what waits for room comes back.
    fn see(&mut self, delivered: Result<(), Undelivered>) -> Result<(), Box<Message>> {
        match delivered {
            Ok(()) => Ok(()),
            Err(Undelivered::Full(stalled)) => Err(stalled),
            Err(Undelivered::Refused(why)) => {
                self.refuse(&why);
                Ok(())
            }
        }
    }

    /// Wait until there is room for a message; for so long nothing else comes by this link.
    async fn wait_for_room(&mut self, mut message: Box<Message>) {
        let until = Instant::now() + STALL;
        loop {
            tokio::time::sleep(LOOK).await;
            if Instant::now() >= until {
                self.delivery.gives_up_on(&message.recipient);
            }
            let (link, others) = (self.link, self.has_others());
            let executor = &link.shared.core.executor;
            let placed =
                executor.helping_beside(others, || self.delivery.place(link.router(), message));
            match self.see(placed) {
                Ok(()) => return,
                Err(stalled) => message = stalled,
            }
        }
    }

    /// A message goes nowhere. It is counted, and now and then told in the log.
    fn refuse(&mut self, why: &SendError) {
        self.refused += 1;
        self.link.traffic.refused();
        self.link.shared.refused.fetch_add(1, Ordering::Relaxed);
        let from = self.session.peer.address();
        self.link.shared.gate.warn(|| format!("refused a message from {from}: {why}"));
    }

    /// Wait for as long as what came is more than may.
    async fn pause_for(&mut self, frames: u32) {
        let wait = self.messages.spend(frames.into());
        let refused = self.refusals.spend(std::mem::take(&mut self.refused).into());
        if let Some(wait) = wait.max(refused) {
            tokio::time::sleep(wait).await;
        }
    }

    /// What is left is a part of a frame, or nothing.
    fn look_at_the_rest(&mut self) {
        let is_part = self.decoder.held() > 0;
        self.began = is_part.then(|| self.began.unwrap_or_else(Instant::now));
    }
}
