//! An echo, and a timer, beside endless loops, as many as the cores and more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use skep::{App, Node};
use skep_tests::guests::handler;

use super::parts;
use crate::Result;
use crate::ask::Ask;
use crate::figures::Figures;

/// A message is sent, or a timer set, as often.
const EVERY: Duration = Duration::from_millis(1);

pub(super) async fn spinners(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let busy = Loops::start(&node, ask.loops).await?;
    let (mut app, seconds) = (node.app(), ask.seconds);
    let runtime = tokio::runtime::Handle::current();
    // On a thread of its own, which the system wakes in time: tokio's timers count milliseconds.
    let asked = tokio::task::spawn_blocking(move || {
        runtime.block_on(async { paced(&mut app, Duration::from_secs(seconds)).await })
    });
    let figures = asked.await??;
    busy.end();
    node.stop_now().await;
    Ok(figures)
}

async fn paced(app: &mut App, time: Duration) -> Result<Figures> {
    let (mut times, began, mut due) = (Vec::new(), Instant::now(), Duration::ZERO);
    while due < time {
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        app.send("echoer", [1_u8; 16]).await?;
        app.receive::<Vec<u8>>().await?;
        // From when it was to be sent: who is late because of the loops is late.
        times.push(parts::nanoseconds(began + due));
        due += EVERY;
    }
    Ok(Figures::times(times, began.elapsed()))
}

/// How much later than they were to a timer's wait ends.
pub(super) async fn timers(ask: &Ask) -> Result<Figures> {
    let node = parts::node(ask).await?;
    let busy = Loops::start(&node, ask.loops).await?;
    let (mut late, began) = (Vec::new(), Instant::now());
    while began.elapsed() < Duration::from_secs(ask.seconds) {
        let set = Instant::now();
        tokio::time::sleep(EVERY).await;
        late.push(u64::try_from(set.elapsed().saturating_sub(EVERY).as_nanos())?);
    }
    let figures = Figures::times(late, began.elapsed());
    busy.end();
    node.stop_now().await;
    Ok(figures)
}

/// Workers that do not end, each given a new message when its budget has ended the last one.
struct Loops(Arc<AtomicBool>);

impl Loops {
    async fn start(node: &Node, loops: usize) -> Result<Self> {
        let (component, ended) =
            (handler("", "(loop (br 0)) unreachable"), Arc::<AtomicBool>::default());
        for number in 0..loops {
            let name = format!("loop{number}");
            node.start_component(name.as_str(), component.clone(), Default::default()).await?;
            let (app, ended) = (node.app(), ended.clone());
            tokio::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    // A full mailbox is what is wanted.
                    let _ = app.send(name.as_str(), [0_u8]).await;
                    tokio::time::sleep(10 * EVERY).await;
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(Self(ended))
    }

    fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
