//! I: begins a channel, and echoes through it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use skep_protocol::{Address, Route, route};
use skep_secure::{Established, Initiator, Judge, MemoryHistories, Message, Trust, Way};

use crate::link::{Link, random_address};
use crate::{Result, identity, now, seed};

/// One's own end of the channel.
struct End {
    channel: Established,
    way: Way,
    decryptor: Address,
}

pub(crate) fn run(to: &str, count: u64) -> Result<()> {
    let mut link = Link::new(TcpStream::connect(to)?)?;
    let begun = Instant::now();
    let mut end = begin(&mut link)?;
    println!("channel: {} after {:?}", end.channel.peer.identifier(), begun.elapsed());

    let begun = Instant::now();
    for number in 0..count / 2 {
        end.echo(&mut link, number)?;
    }
    // A channel is not bound to a connection: its other end follows it to another one.
    drop(link);
    let mut link = Link::new(TcpStream::connect(to)?)?;
    for number in count / 2..count {
        end.echo(&mut link, number)?;
    }
    let (took, sealed) = (begun.elapsed(), end.channel.sealer.sealed());
    println!("{count} echoes in {took:?}, {} keys each way", sealed.div_ceil(32));
    end.send(&mut link, &Message::<Route>::Close)?;
    end.closed(&mut link)
}

fn begin(link: &mut Link) -> Result<End> {
    let identity = identity()?;
    println!("I am {}", identity.identifier());
    let decryptor = random_address()?;
    let back = Route::from(&decryptor);
    let (start, message1) = Initiator::start(&identity, seed()?, now()?)?;
    link.send(&route!["secure"], &back, &message1)?;
    let answer = link.expect()?;
    // The node makes another identity each time it starts.
    let (trust, known) = (Trust::everyone(), MemoryHistories::default());
    let judge = Judge { now: now()?, trust: &trust, known: &known };
    let (channel, message3) = start.finish(&answer.payload, judge)?;
    let way = Way::of_initiator(answer.back);
    link.send(way.route(), &back, &message3)?;
    Ok(End { channel, way, decryptor })
}

impl End {
    fn send(&mut self, link: &mut Link, message: &Message<'_>) -> Result<()> {
        let mut sealed = Vec::new();
        self.channel.sealer.seal(message, &mut sealed)?;
        link.send(self.way.route(), &Route::new(), &sealed)
    }

    /// After the end nothing is answered any more, but the node itself still answers.
    fn closed(&mut self, link: &mut Link) -> Result<()> {
        let (onward, back) = (route!["echoer"], route!["me"]);
        self.send(link, &Message::Payload { onward, back, payload: b"too late" })?;
        link.send(&route!["echoer"], &route!["me"], b"still there")?;
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

    /// One message there and back. Every hundredth is long.
    fn echo(&mut self, link: &mut Link, number: u64) -> Result<()> {
        let mut payload = format!("message {number}").into_bytes();
        if number.is_multiple_of(100) {
            payload.resize(100_000, b'.');
        }
        let (onward, back) = (route!["echoer"], route!["me"]);
        self.send(link, &Message::Payload { onward, back, payload: &payload })?;
        let mut frame = link.expect()?;
        if frame.onward.first() != Some(&self.decryptor) {
            return Err(format!("{number}: the answer goes to {:?}", frame.onward).into());
        }
        let opened = self.channel.opener.open(&mut frame.payload)?;
        let text = frame.payload.get(opened.text).unwrap_or_default();
        match Message::decode(text)? {
            Message::Payload { onward, payload: answer, .. }
                if onward == route!["me"] && answer == payload =>
            {
                Ok(())
            }
            other => Err(format!("{number}: the answer is {other:?}").into()),
        }
    }
}
