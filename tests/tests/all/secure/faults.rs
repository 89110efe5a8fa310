//! What lies between changes, repeats, drops and swaps what it carries: nothing of that gets
//! through, and the channel goes on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use skep::error::RequestError;
use skep_protocol::frame::{Decoder, Frame, MAX_FRAME, VERSION, encode};
use skep_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::{host, open, somebody};

/// A proxy whose connections can be cut.
pub(crate) struct Cutting {
    pub(crate) at: SocketAddr,
    cut: Arc<Notify>,
}

impl Cutting {
    pub(crate) async fn before(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let cut = Arc::new(Notify::new());
        let told = cut.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let Ok(mut server) = TcpStream::connect(to).await else { return };
                let told = told.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        () = told.notified() => {}
                    }
                });
            }
        });
        Self { at, cut }
    }

    pub(crate) fn cut(&self) {
        self.cut.notify_waiters();
    }
}

/// What a proxy does to the frames with sealed messages, by their number.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// This one does not arrive.
    Drop(usize),
    /// This one arrives twice.
    Repeat(usize),
    /// This one arrives after the next.
    Swap(usize),
    /// Of this one a byte is another.
    Garble(usize, usize),
    /// Before this one comes something that was never sealed.
    Forge(usize),
}

/// Passes frames on, with a fault in those of one direction.
async fn proxy(to: SocketAddr, fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(to).await.unwrap();
        let (client_read, mut client_write) = client.into_split();
        let (mut server_read, server_write) = server.into_split();
        tokio::join!(pass(client_read, server_write, fault), async {
            let _ = tokio::io::copy(&mut server_read, &mut client_write).await;
        });
    });
    at
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, fault: Fault) {
    let mut decoder = Decoder::new(MAX_FRAME);
    let mut room = vec![0; 1 << 16];
    let mut out = vec![VERSION];
    let (mut number, mut held) = (0, None);
    while let Ok(bytes @ 1..) = from.read(&mut room).await {
        decoder.push(&room[..bytes]);
        while let Some(mut frame) = decoder.next_frame().unwrap() {
            // Those of the handshake have a way back.
            if !frame.back.is_empty() || frame.onward.is_empty() {
                put(&frame, &mut out);
                continue;
            }
            match fault {
                Fault::Drop(at) if at == number => {}
                Fault::Repeat(at) if at == number => {
                    put(&frame, &mut out);
                    put(&frame, &mut out);
                }
                Fault::Swap(at) if at == number => held = Some(frame),
                Fault::Garble(at, byte) if at == number => {
                    let byte = byte % frame.payload.len();
                    frame.payload[byte] ^= 1;
                    put(&frame, &mut out);
                }
                Fault::Forge(at) if at == number => {
                    let forged = Frame { payload: vec![7; 60], ..frame.clone() };
                    put(&forged, &mut out);
                    put(&frame, &mut out);
                }
                _ => {
                    put(&frame, &mut out);
                    held.take().iter().for_each(|held| put(held, &mut out));
                }
            }
            number += 1;
        }
        if to.write_all(&std::mem::take(&mut out)).await.is_err() {
            return;
        }
    }
}

fn put(frame: &Frame, out: &mut Vec<u8>) {
    encode(&frame.onward, &frame.back, &frame.payload, out).unwrap();
}

/// G8.7: ten requests, of which some may find no answer; each is handled once at most, and those
/// after the fault are.
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_between_can_only_lose_messages() {
    let faults = [
        Fault::Drop(3),
        Fault::Repeat(3),
        Fault::Swap(3),
        Fault::Garble(3, 0),
        Fault::Garble(3, 7),
        Fault::Garble(3, 20),
        Fault::Garble(3, usize::MAX),
        Fault::Forge(3),
    ];
    for fault in faults {
        let (mut host, at) = host().await;
        let yard = somebody(2).await;
        let at = proxy(at, fault).await;
        let channel = open(&yard, &format!("1#{at},secure")).await;
        let to = format!("{},puppet", channel.address());
        let all: Vec<_> = (0..10)
            .map(|number| {
                let (app, to) = (yard.node.app(), to.clone());
                tokio::spawn(async move {
                    let within = Duration::from_secs(1);
                    let script = format!("send app {number}; reply done");
                    app.send_and_receive_within::<String>(to.as_str(), script, within).await
                })
            })
            .collect();
        let mut answered = 0;
        for asked in all {
            match asked.await.unwrap() {
                Ok(done) => {
                    assert_eq!(done, "done");
                    answered += 1;
                }
                Err(why) => assert_eq!(why, RequestError::Timeout, "{fault:?}"),
            }
        }
        let lost = usize::from(matches!(fault, Fault::Drop(_) | Fault::Garble(..)));
        assert_eq!(answered, 10 - lost, "{fault:?}");
        let mut handled = host.bodies(answered).await;
        handled.sort();
        handled.dedup();
        assert_eq!(handled.len(), answered, "{fault:?}: none was handled twice");
        let refused = usize::from(!matches!(fault, Fault::Drop(_) | Fault::Swap(_)));
        let look = || {
            let all = host.node.secure_channels();
            (all[0].refused == refused as u64).then_some(())
        };
        until("what was not in order is counted", look).await;
        assert!(channel.close());
    }
}
