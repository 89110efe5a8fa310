//! Links that this node opens: when there is something to send, again after a pause when it
//! fails.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use skep_protocol::frame::Decoder;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config::Network;
use crate::router::Recipient;
use crate::sync::{Mutex, Ordering, lock};
use crate::transport::tcp::connection::{greet, live};
use crate::transport::tcp::link::Link;
use crate::transport::tcp::target::Target;

/// The pause after a first failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lasted so long was a good one, whatever ended it.
const GOOD: Duration = Duration::from_secs(10);
/// How long finding a host and connecting to it may take in all.
const DIAL: Duration = Duration::from_secs(10);

/// How a link is opened.
pub(super) struct Opened {
    target: Target,
    /// The list that allows it: addresses that the host turns out to have are looked up in
    /// it, too.
    network: Network,
    /// Whether a task sees to it.
    running: AtomicBool,
    pauses: Mutex<Pauses>,
    /// What came of the last try: why it failed, if it did.
    tried: watch::Sender<Option<Result<(), String>>>,
}

#[derive(Debug, Default)]
struct Pauses {
    failures: u32,
    until: Option<Instant>,
}

impl Opened {
    pub(super) fn new(target: Target, network: Network) -> Self {
        Self {
            target,
            network,
            running: AtomicBool::new(false),
            pauses: Mutex::default(),
            tried: watch::Sender::new(None),
        }
    }

    /// Whether it was allowed by this list.
    pub(super) fn is_by(&self, network: &Network) -> bool {
        self.network == *network
    }

    /// Whether a connection lives, or is being made.
    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }

    /// How long to wait before the next try.
    fn pause(&self) -> Option<Duration> {
        let until = lock(&self.pauses).until?;
        Some(until.saturating_duration_since(Instant::now())).filter(|pause| !pause.is_zero())
    }

    fn failed(&self) {
        let pauses = &mut *lock(&self.pauses);
        let pause = FIRST_PAUSE.saturating_mul(1 << pauses.failures.min(8)).min(LONGEST_PAUSE);
        pauses.failures += 1;
        pauses.until = Some(Instant::now() + jittered(pause));
    }

    fn succeeded(&self) {
        *lock(&self.pauses) = Pauses::default();
    }
}

/// Between a half of it and all: many that fail together do not try again together.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0; 4];
    let _ = getrandom::fill(&mut random);
    let part = u32::from_le_bytes(random) / 2;
    pause / 2 + Duration::from_secs_f64(pause.as_secs_f64() * f64::from(part) / f64::from(u32::MAX))
}

impl Link {
    /// There is something to send, and no connection: make one, if this node may.
    pub(super) fn wants_connection(self: &Arc<Self>) {
        let Some(opened) = &self.opened else { return };
        if self.queue().is_empty() || self.shared.is_over() {
            return;
        }
        if !opened.running.swap(true, Ordering::AcqRel) {
            self.shared.runtime.spawn(keep(self.clone()));
        }
    }

    /// Connect now, and wait until that has been tried.
    ///
    /// # Errors
    /// Why it is not connected.
    pub(super) async fn open(self: &Arc<Self>) -> Result<(), String> {
        let Some(opened) = &self.opened else { return Ok(()) };
        if self.session().is_some() {
            return Ok(());
        }
        let mut tried = opened.tried.subscribe();
        tried.mark_unchanged();
        if !opened.running.swap(true, Ordering::AcqRel) {
            self.shared.runtime.spawn(keep(self.clone()));
        }
        loop {
            if self.session().is_some() {
                return Ok(());
            }
            if tried.changed().await.is_err() {
                return Err("the node has stopped".into());
            }
            if let Some(Err(why)) = tried.borrow_and_update().clone() {
                return Err(why);
            }
        }
    }
}

/// See to a link until it has nothing to send and no connection.
async fn keep(link: Arc<Link>) {
    let Some(opened) = &link.opened else { return };
    loop {
        tokio::select! {
            () = connect_once(&link, opened) => {}
            () = link.shared.over.on() => link.give_up_all("the node stops"),
        }
        opened.running.store(false, Ordering::Release);
        if link.queue().is_empty() || link.shared.is_over() {
            return;
        }
        if opened.running.swap(true, Ordering::AcqRel) {
            return;
        }
    }
}

async fn connect_once(link: &Arc<Link>, opened: &Opened) {
    if let Some(pause) = opened.pause() {
        tokio::time::sleep(pause).await;
    }
    match dial(link, opened).await {
        Ok((stream, decoder)) => {
            let began = Instant::now();
            let _place = link.shared.places.take(link);
            tracing::info!(target: "skep::link", to = %link.address(), "connected");
            let connected = live(link, stream, decoder);
            let told = async {
                opened.tried.send_replace(Some(Ok(())));
                std::future::pending::<()>().await;
            };
            let why = tokio::select! {
                biased;
                why = connected => why,
                () = told => String::new(),
            };
            tracing::info!(target: "skep::link", to = %link.address(), "closed: {why}");
            if began.elapsed() >= GOOD { opened.succeeded() } else { opened.failed() }
        }
        Err(why) => {
            opened.failed();
            let why = format!("{} cannot be reached: {why}", link.address());
            link.shared.gate.warn(|| why.clone());
            link.traffic.failed(&why);
            opened.tried.send_replace(Some(Err(why.clone())));
            link.give_up_all(&why);
        }
    }
}

/// Find the host, connect to it, and greet it.
async fn dial(link: &Arc<Link>, opened: &Opened) -> Result<(TcpStream, Decoder), String> {
    if link.shared.places.make_room(None).is_err() {
        return Err("this node has as many links as it may".into());
    }
    let connected = timeout(DIAL, connect(link, opened));
    let stream = connected.await.map_err(|_| "it did not answer in time".to_owned())??;
    let decoder = greet(&stream, &link.shared).await?;
    Ok((stream, decoder))
}

async fn connect(link: &Link, opened: &Opened) -> Result<TcpStream, String> {
    let Target { host, port } = &opened.target;
    let found = lookup_host((host.as_str(), *port)).await;
    let found: Vec<SocketAddr> = found.map_err(|why| format!("no address: {why}"))?.collect();
    let mut last = "it has no address".to_owned();
    for address in found {
        if !opened.network.admits(address.ip(), address.port()) {
            last = format!(
                "its address {} is not public; the list that allows `{host}` needs an entry of \
                 that address itself, or of its range",
                address.ip()
            );
            continue;
        }
        match timeout(link.shared.limits.handshake, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(why)) => last = why.to_string(),
            Err(_) => last = format!("{address} did not answer in time"),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let target = Target { host: "h".into(), port: 1 };
        let opened = Opened::new(target, Network::default());
        assert_eq!(opened.pause(), None);
        for failures in 0..20_u32 {
            opened.failed();
            let pause = opened.pause().unwrap_or_default();
            let most = FIRST_PAUSE.saturating_mul(1 << failures.min(8)).min(LONGEST_PAUSE);
            assert!(pause <= most && pause > most / 3, "{pause:?} of {most:?}");
        }
        opened.succeeded();
        assert_eq!(opened.pause(), None);
        let all: std::collections::HashSet<_> = (0..100).map(|_| jittered(LONGEST_PAUSE)).collect();
        assert!(all.len() > 90);
    }
}
