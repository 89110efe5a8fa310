//! One TCP connection, in frames.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use skep_protocol::Route;
use skep_protocol::frame::{Decoder, Frame, MAX_FRAME, VERSION, encode};
use skep_secure::ends::Outgoing;

use crate::Result;

pub(crate) struct Link {
    stream: TcpStream,
    decoder: Decoder,
    out: Vec<u8>,
}

impl Link {
    pub(crate) fn new(mut stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(&[VERSION])?;
        Ok(Self { stream, decoder: Decoder::new(MAX_FRAME), out: Vec::new() })
    }

    pub(crate) fn send(&mut self, out: &Outgoing) -> Result<()> {
        self.send_parts(&out.onward, &out.back, &out.payload)
    }

    pub(crate) fn send_parts(
        &mut self,
        onward: &Route,
        back: &Route,
        payload: &[u8],
    ) -> Result<()> {
        self.out.clear();
        encode(onward, back, payload, &mut self.out)?;
        Ok(self.stream.write_all(&self.out)?)
    }

    /// The next frame; `None` once the other side has closed the connection.
    pub(crate) fn receive(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(Some(frame));
            }
            let mut room = [0; 16 << 10];
            let length = self.stream.read(&mut room)?;
            match room.get(..length) {
                None | Some([]) => return Ok(None),
                Some(came) => self.decoder.push(came),
            }
        }
    }

    /// As [`receive`](Self::receive), and an error if it takes longer.
    pub(crate) fn receive_within(&mut self, time: Duration) -> Result<Option<Frame>> {
        self.stream.set_read_timeout(Some(time))?;
        self.receive()
    }

    /// As [`receive`](Self::receive), for what has to come.
    pub(crate) fn expect(&mut self) -> Result<Frame> {
        self.receive()?.ok_or_else(|| "the node has closed the connection".into())
    }
}
