//! A connection's life: the greeting, then reading, writing and beating beside each other,
//! then its end.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use skep_protocol::frame::{Decoder, FrameError, VERSION};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::router::{Peer, Recipient};
use crate::sync::Ordering;
use crate::transport::names::{LINK, Names};
use crate::transport::tcp::Shared;
use crate::transport::tcp::link::Link;
use crate::transport::tcp::read::Reader;
use crate::transport::tcp::session::Session;

/// What a frame may have beyond its payload: two routes of as many stops as there may be, of
/// as many bytes as these may have, and a text for tracing.
const SLACK: usize = 64 << 10;
/// How long one message may take to be read, in all.
const BATCH: Duration = Duration::from_secs(60);

/// Say which version this side speaks, and read that the other side speaks it, too.
///
/// # Errors
/// Why there is nobody to talk to.
pub(super) async fn greet(stream: &TcpStream, limits: &Shared) -> Result<Decoder, String> {
    let late = |_| "it did not say in time which protocol it speaks".to_owned();
    let within = limits.limits.handshake;
    let greeted = timeout(within, exchange(stream, Decoder::new(limits.limits.message + SLACK)));
    greeted.await.map_err(late)?
}

async fn exchange(stream: &TcpStream, mut decoder: Decoder) -> Result<Decoder, String> {
    let failed = |why: std::io::Error| format!("it ended before it was greeted: {why}");
    loop {
        stream.writable().await.map_err(failed)?;
        match stream.try_write(&[VERSION]) {
            Ok(_) => break,
            Err(why) if why.kind() == ErrorKind::WouldBlock => {}
            Err(why) => return Err(failed(why)),
        }
    }
    let mut first = [0];
    loop {
        stream.readable().await.map_err(failed)?;
        match stream.try_read(&mut first) {
            Ok(0) => return Err("it was closed before it was greeted".into()),
            Ok(_) => break,
            Err(why) if why.kind() == ErrorKind::WouldBlock => {}
            Err(why) => return Err(failed(why)),
        }
    }
    decoder.push(&first);
    decoder.next_frame().map_err(|why: FrameError| why.to_string())?;
    Ok(decoder)
}

/// Let a link live by a connection that was greeted, to its end; says why it ended.
pub(super) async fn live(link: &Arc<Link>, stream: TcpStream, decoder: Decoder) -> String {
    harden(&stream, link.shared.limits.idle);
    let Some(name) = Names::new().next(LINK) else {
        return "the system gives no randomness".into();
    };
    let (read, write) = stream.into_split();
    let peer = Peer::new(name.clone(), link.address().clone());
    let session = Arc::new(Session::new(peer, write));
    let recipient: Arc<dyn Recipient> = link.clone();
    link.router().register(name.clone(), recipient.clone());
    link.traffic.connected();
    link.connect(session.clone());
    // Of these each is polled when it is woken, and not at every message that is read.
    let beside: [Pin<Box<dyn Future<Output = String> + Send>>; 3] = [
        Box::pin(write_on(link, &session)),
        Box::pin(session.ending()),
        Box::pin(watch(link, &session)),
    ];
    let mut beside = FuturesUnordered::from_iter(beside);
    let why = tokio::select! {
        biased;
        why = Reader::new(link, &session, decoder).run(read) => why,
        Some(why) = beside.next() => why,
    };
    link.router().unregister(&name, &recipient);
    link.disconnect(&session, &why);
    // Who reads why finds counted what was lost by it.
    link.traffic.failed(&why);
    why
}

/// What leaves leaves at once, and who is gone without a word is noticed: by the system,
/// which waits so long for the other side to confirm what it was sent.
fn harden(stream: &TcpStream, patience: Duration) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience));
    #[cfg(not(target_os = "linux"))]
    let _ = patience;
}

/// Write what does not leave from the threads that send it.
async fn write_on(link: &Arc<Link>, session: &Session) -> String {
    loop {
        link.woken.notified().await;
        if link.blocked.load(Ordering::Acquire) {
            if let Err(why) = unblock(link, session).await {
                return why;
            }
        } else {
            // Others who are about to send get their turn first: it all leaves together.
            tokio::task::yield_now().await;
            link.flush();
        }
    }
}

/// Wait until the other side reads again. It has to take something within a time, and a
/// whole message within a longer one.
async fn unblock(link: &Arc<Link>, session: &Session) -> Result<(), String> {
    let patience = link.shared.limits.write;
    let mut since = tokio::time::Instant::now();
    while link.blocked.load(Ordering::Acquire) {
        match timeout(patience, session.socket.writable()).await {
            Err(_) => return Err(format!("it read nothing for {} s", patience.as_secs_f32())),
            Ok(Err(why)) => return Err(format!("it could not be written to: {why}")),
            Ok(Ok(())) => {}
        }
        let before = link.traffic.sent_messages();
        link.blocked.store(false, Ordering::Release);
        link.flush();
        if link.traffic.sent_messages() > before {
            since = tokio::time::Instant::now();
        } else if since.elapsed() > BATCH {
            return Err(format!("it read too slowly for {} s", BATCH.as_secs()));
        }
    }
    Ok(())
}

/// Beat, and notice when a side that beats has fallen silent.
async fn watch(link: &Arc<Link>, session: &Session) -> String {
    let idle = link.shared.limits.idle;
    loop {
        link.shared.core.timers.sleep(idle / 4).await;
        // Half of the time between two looks: otherwise one that just misses it waits for the next.
        if link.pace.unwritten() >= idle / 8 {
            link.beat();
        }
        if link.pace.unused() >= idle / 4 {
            session.rest();
        }
        if session.beats.load(Ordering::Relaxed) && link.pace.unheard() >= idle {
            return format!("it was silent for {} s", idle.as_secs_f32());
        }
    }
}
