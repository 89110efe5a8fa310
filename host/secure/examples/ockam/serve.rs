//! R: waits for channels, and echoes what comes through them.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpListener;

use skep_protocol::frame::Frame;
use skep_protocol::{Address, Route, route};
use skep_secure::{Established, Identity, Judge, MemoryHistories, Message, Responder, Trust, Way};

use crate::link::{Link, random_address};
use crate::{Result, identity, now, seed};

/// One's own end of a channel.
enum End {
    HalfOpen(Responder),
    /// With its way, and how many messages it has answered.
    Open(Box<Established>, Way, u64),
}

struct Listener {
    identity: Identity,
    known: MemoryHistories,
    ends: HashMap<Address, End>,
}

pub(crate) fn run(at: &str) -> Result<()> {
    let socket = TcpListener::bind(at)?;
    let identity = identity()?;
    println!("listening {} as {}", socket.local_addr()?, identity.identifier());
    std::io::stdout().flush()?;
    let mut listener =
        Listener { identity, known: MemoryHistories::default(), ends: HashMap::new() };
    for stream in socket.incoming() {
        let mut link = Link::new(stream?)?;
        loop {
            match link.receive() {
                Ok(Some(frame)) => listener.take(&mut link, frame)?,
                Ok(None) => break,
                Err(why) => {
                    println!("{why}");
                    break;
                }
            }
        }
    }
    Ok(())
}

impl Listener {
    fn take(&mut self, link: &mut Link, frame: Frame) -> Result<()> {
        let Some(to) = frame.onward.first().cloned() else {
            return Ok(());
        };
        if to == Address::local(b"secure") {
            return self.begin(link, &frame);
        }
        match self.ends.remove(&to) {
            Some(End::HalfOpen(responder)) => self.finish(to, responder, &frame),
            Some(End::Open(channel, way, count)) => {
                self.answer(link, to, (channel, way, count), frame)
            }
            None => {
                println!("nobody is {to}");
                Ok(())
            }
        }
    }

    fn begin(&mut self, link: &mut Link, frame: &Frame) -> Result<()> {
        let (responder, message2) =
            Responder::start(&self.identity, seed()?, &frame.payload, now()?)?;
        let decryptor = random_address()?;
        link.send(&frame.back, &Route::from(&decryptor), &message2)?;
        self.ends.insert(decryptor, End::HalfOpen(responder));
        Ok(())
    }

    fn finish(&mut self, at: Address, responder: Responder, frame: &Frame) -> Result<()> {
        let trust = Trust::everyone();
        let judge = Judge { now: now()?, trust: &trust, known: &self.known };
        let channel = match responder.finish(&frame.payload, judge) {
            Ok(channel) => channel,
            Err(why) => {
                println!("refused: {why}");
                return Ok(());
            }
        };
        println!("channel: {}", channel.peer.identifier());
        let way = Way::of_responder(frame.back.clone());
        self.ends.insert(at, End::Open(Box::new(channel), way, 0));
        Ok(())
    }

    fn answer(
        &mut self,
        link: &mut Link,
        at: Address,
        (mut channel, mut way, count): (Box<Established>, Way, u64),
        mut frame: Frame,
    ) -> Result<()> {
        let opened = channel.opener.open(&mut frame.payload)?;
        if opened.is_newest {
            way.follow(&frame.back);
        }
        let text = frame.payload.get(opened.text).unwrap_or_default();
        match Message::decode(text)? {
            Message::Payload { onward, back, payload } if onward == route!["echoer"] => {
                let answer = Message::Payload { onward: back, back: route!["echoer"], payload };
                let mut sealed = Vec::new();
                channel.sealer.seal(&answer, &mut sealed)?;
                link.send(way.route(), &Route::new(), &sealed)?;
            }
            Message::Close => {
                println!("closed by the other end after {count} messages");
                return Ok(());
            }
            other => println!("not for `echoer`: {other:?}"),
        }
        self.ends.insert(at, End::Open(channel, way, count + 1));
        Ok(())
    }
}
