//! R: waits for channels, and echoes what comes through them.

use std::collections::HashMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use skep_protocol::frame::Frame;
use skep_protocol::{Address, Route, route};
use skep_secure::ends::{AnswerError, Asking, Ends, Limits, Listener, Open, What};
use skep_secure::{Identity, Judge, MemoryHistories, Trust};

use crate::link::Link;
use crate::{Result, identity, now, random, seed};

/// What a node would have.
struct Node {
    identity: Identity,
    trust: Trust,
    known: MemoryHistories,
    listener: Listener<u64>,
    /// By their decryptors, with the number of messages that each has answered.
    channels: HashMap<Address, (Open, u64)>,
    begun: Instant,
}

pub(crate) fn run(at: &str) -> Result<()> {
    let socket = TcpListener::bind(at)?;
    let node = Node {
        identity: identity()?,
        trust: Trust::everyone(),
        known: MemoryHistories::default(),
        listener: Listener::new(Limits::default()),
        channels: HashMap::new(),
        begun: Instant::now(),
    };
    println!("listening {} as {}", socket.local_addr()?, node.identity.identifier());
    std::io::stdout().flush()?;
    let node = Mutex::new(node);
    std::thread::scope(|scope| {
        for (number, stream) in socket.incoming().enumerate() {
            let (node, stream) = (&node, stream?);
            scope.spawn(move || {
                if let Err(why) = serve(node, stream, number as u64) {
                    println!("{why}");
                }
            });
        }
        Ok(())
    })
}

/// All that comes by one connection.
fn serve(node: &Mutex<Node>, stream: TcpStream, connection: u64) -> Result<()> {
    let mut link = Link::new(stream)?;
    let node = || node.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(frame) = link.receive()? {
        node().take(&mut link, connection, frame)?;
    }
    node().listener.retain(|source| *source != connection);
    Ok(())
}

impl Node {
    fn take(&mut self, link: &mut Link, connection: u64, frame: Frame) -> Result<()> {
        self.listener.expire(self.begun.elapsed());
        match frame.onward.first().cloned() {
            Some(to) if to == Address::local(b"secure") => self.ask(link, connection, frame),
            Some(to) if to == Address::local(b"echoer") => {
                link.send_parts(&frame.back, &route!["echoer"], &frame.payload)
            }
            Some(to) if self.channels.contains_key(&to) => self.echo(link, &to, frame),
            Some(to) => self.answer(&to, frame),
            None => Ok(()),
        }
    }

    fn ask(&mut self, link: &mut Link, connection: u64, frame: Frame) -> Result<()> {
        let asking = Asking {
            source: connection,
            group: connection,
            back: frame.back,
            message1: &frame.payload,
            ends: Ends::new(random()?),
            ephemeral: seed()?,
        };
        let at = self.begun.elapsed();
        link.send(&self.listener.ask(&self.identity, asking, now()?, at)?.message2)
    }

    fn answer(&mut self, to: &Address, frame: Frame) -> Result<()> {
        let judge = Judge { now: now()?, trust: &self.trust, known: &self.known };
        match self.listener.answer(to, frame.back, &frame.payload, judge) {
            Ok(open) => {
                println!("channel: {}", open.peer().identifier());
                self.channels.insert(to.clone(), (open, 0));
            }
            Err(AnswerError::Unknown) => println!("nobody is {to}"),
            Err(why) => println!("refused: {why}"),
        }
        Ok(())
    }

    fn echo(&mut self, link: &mut Link, to: &Address, frame: Frame) -> Result<()> {
        let Some((open, count)) = self.channels.get_mut(to) else {
            return Ok(());
        };
        let received = open.receiving.receive(&frame.back, frame.payload, &self.known)?;
        if let Some(way) = received.moved {
            open.sending.follow(way);
        }
        match received.what {
            What::Message { onward, mut back, payload } if onward == route!["echoer"] => {
                // The nearest stop is the end's own encryptor, which sends it on.
                back.pop_front();
                let mut sealed = Vec::new();
                open.sending.seal(&back, &onward, &payload, &mut sealed)?;
                link.send_parts(open.sending.way(), &Route::new(), &sealed)?;
                *count += 1;
            }
            What::Closed => {
                println!("closed by the other end after {count} messages");
                self.channels.remove(to);
            }
            other => println!("not for `echoer`: {other:?}"),
        }
        Ok(())
    }
}
