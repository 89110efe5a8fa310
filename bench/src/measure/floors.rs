//! Tokio alone: what a message costs where nobody routes, bounds or isolates.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::channel;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// The bytes of a frame with a payload of 16, as Ockam's transport has it.
const FRAME: usize = 72;

/// A bounded channel each way between two tasks.
pub(super) async fn mpsc(ask: &Ask) -> Result<Figures> {
    let (there, mut arrived) = channel::<Vec<u8>>(16);
    let (back, mut answers) = channel(16);
    tokio::spawn(async move {
        while let Some(message) = arrived.recv().await {
            if back.send(message).await.is_err() {
                break;
            }
        }
    });
    let (mut times, mut all) = (Vec::with_capacity(ask.count), Instant::now());
    for turn in 0..ask.count + parts::warm_up(ask.count) {
        if turn == parts::warm_up(ask.count) {
            (times, all) = (Vec::with_capacity(ask.count), Instant::now());
        }
        let began = Instant::now();
        there.send(vec![1; ask.size]).await?;
        answers.recv().await.ok_or("the other task is gone")?;
        times.push(parts::nanoseconds(began));
    }
    Ok(Figures::times(times, all.elapsed()))
}

/// As many bytes as a frame has, over loopback.
pub(super) async fn tcp(ask: &Ask) -> Result<Figures> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut near = TcpStream::connect(listener.local_addr()?).await?;
    let (mut far, _) = listener.accept().await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    tokio::spawn(async move {
        let mut frame = [0; FRAME];
        while far.read_exact(&mut frame).await.is_ok() && far.write_all(&frame).await.is_ok() {}
    });
    let (mut times, all, mut frame) = (Vec::with_capacity(ask.count), Instant::now(), [7; FRAME]);
    for _ in 0..ask.count {
        let began = Instant::now();
        near.write_all(&frame).await?;
        near.read_exact(&mut frame).await?;
        times.push(parts::nanoseconds(began));
    }
    Ok(Figures::times(times, all.elapsed()))
}
