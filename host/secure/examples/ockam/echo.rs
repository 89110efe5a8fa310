//! I: begins a channel, and echoes through it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use skep_protocol::{Route, route};
use skep_secure::ends::{Connecting, Ends, Open, What};
use skep_secure::{Judge, MemoryHistories, Trust};

use crate::link::Link;
use crate::{Result, identity, now, random, seed};

/// One's own end of the channel.
struct Channel {
    open: Open,
    known: MemoryHistories,
}

pub(crate) fn run(to: &str, count: u64) -> Result<()> {
    let mut link = Link::new(TcpStream::connect(to)?)?;
    let begun = Instant::now();
    let mut channel = Channel::begin(&mut link)?;
    println!("channel: {} after {:?}", channel.open.peer().identifier(), begun.elapsed());

    let begun = Instant::now();
    for number in 0..count / 2 {
        channel.echo(&mut link, number)?;
    }
    // A channel is not bound to a connection: its other end follows it to another one.
    drop(link);
    let mut link = Link::new(TcpStream::connect(to)?)?;
    for number in count / 2..count {
        channel.echo(&mut link, number)?;
    }
    println!("{count} echoes in {:?}, {} keys each way", begun.elapsed(), count.div_ceil(32));
    channel.close(&mut link)
}

impl Channel {
    fn begin(link: &mut Link) -> Result<Self> {
        let identity = identity()?;
        println!("I am {}", identity.identifier());
        let (ends, listener) = (Ends::new(random()?), route!["secure"]);
        let (start, message1) = Connecting::start(&identity, ends, seed()?, listener, now()?)?;
        link.send(&message1)?;
        let answer = link.expect()?;
        // The node makes another identity each time it starts.
        let (trust, known) = (Trust::everyone(), MemoryHistories::default());
        let judge = Judge { now: now()?, trust: &trust, known: &known };
        let (open, message3) = start.finish(answer.back, &answer.payload, judge)?;
        link.send(&message3)?;
        Ok(Self { open, known })
    }

    fn send(&mut self, link: &mut Link, payload: &[u8]) -> Result<()> {
        let mut sealed = Vec::new();
        self.open.sending.seal(&route!["echoer"], &route!["me"], payload, &mut sealed)?;
        link.send_parts(self.open.sending.way(), &Route::new(), &sealed)
    }

    /// One message there and back. Every hundredth is long.
    fn echo(&mut self, link: &mut Link, number: u64) -> Result<()> {
        let mut payload = format!("message {number}").into_bytes();
        if number.is_multiple_of(100) {
            payload.resize(100_000, b'.');
        }
        self.send(link, &payload)?;
        let frame = link.expect()?;
        if frame.onward.first() != Some(&self.open.ends.decryptor) {
            return Err(format!("{number}: the answer goes to {:?}", frame.onward).into());
        }
        match self.open.receiving.receive(&frame.back, frame.payload, &self.known)?.what {
            What::Message { onward, payload: answer, .. }
                if onward == route!["me"] && answer == payload =>
            {
                Ok(())
            }
            other => Err(format!("{number}: the answer is {other:?}").into()),
        }
    }

    /// After the end nothing is answered any more, but the node itself still answers.
    fn close(&mut self, link: &mut Link) -> Result<()> {
        // Sealed before the end, since nothing is sealed after it, and sent after it.
        let mut late = Vec::new();
        let sending = &mut self.open.sending;
        sending.seal(&route!["echoer"], &route!["me"], b"too late", &mut late)?;
        let close = sending.close()?;
        link.send(&close)?;
        link.send_parts(&close.onward, &Route::new(), &late)?;
        link.send_parts(&route!["echoer"], &route!["me"], b"still there")?;
        let frame = link.expect()?;
        if frame.payload != b"still there" {
            return Err(format!("after the end came {frame:?}").into());
        }
        match link.receive_within(Duration::from_millis(300)) {
            Err(_) => {
                println!("closed: the node answers, the channel does not");
                Ok(())
            }
            Ok(frame) => Err(format!("after the end came {frame:?}").into()),
        }
    }
}
