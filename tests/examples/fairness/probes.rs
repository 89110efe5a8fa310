//! Neighbours that are asked again and again, and how long each answer takes.

use std::future::Future;
use std::time::Duration;

use skep::{App, Context, Failure, Node, Routed, Worker};
use skep_tests::Yard;
use skep_tests::guests::core;
use skep_tests::times::Times;
use tokio::time::{Instant, sleep, timeout_at};

/// The pause between two questions, and what a timer and a sleep are set to.
const PACE: Duration = Duration::from_millis(1);

/// A worker of the program.
struct Echo;

impl Worker for Echo {
    type Message = Vec<u8>;

    async fn handle_message(
        &mut self,
        context: &mut Context,
        message: Routed<Vec<u8>>,
    ) -> Result<(), Failure> {
        Ok(context.reply(message.body())?)
    }
}

/// How long each took.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// An echo, once a millisecond.
    pub(crate) echo: Times,
    /// The same along three hops.
    pub(crate) hops: Times,
    /// An echo after the other, by one task.
    pub(crate) flat_out: Times,
    /// The same with eight tasks.
    pub(crate) crowd: Times,
    /// An echo of a worker of the program, once a millisecond.
    pub(crate) native: Times,
    /// By how much a worker's timers of 1 ms were late.
    pub(crate) timer: Times,
    /// By how much the program's own sleeps of 1 ms were late.
    pub(crate) sleep: Times,
    /// The list of the workers, once a millisecond.
    pub(crate) list: Times,
}

/// Start those that are asked.
pub(crate) async fn prepare(yard: &Yard) {
    yard.start("bare", "bare").await;
    for hop in ["h1", "h2", "h3"] {
        yard.start(hop, "bare-hop").await;
    }
    yard.node.start_worker("native", Echo).await.expect("a native worker");
    let timer = core(include_str!("../../guests/fairness/timer.wat"));
    yard.try_start("timer", timer, |_| {}).await.expect("a worker");
    yard.send("timer", "").await;
}

/// Ask all of them for so long, and then the echoer alone, as fast as it answers.
pub(crate) async fn measure(yard: &mut Yard, span: Duration) -> Probes {
    let until = Instant::now() + span;
    let echo = tokio::spawn(echoes(yard.app.clone(), "bare", until));
    let hops = tokio::spawn(echoes(yard.app.clone(), "h1,h2,h3,bare", until));
    let native = tokio::spawn(echoes(yard.app.clone(), "native", until));
    let list = tokio::spawn(paced(until, listing(yard.node.clone())));
    let sleep = tokio::spawn(sleeps(until));
    let timer = timers(&mut yard.app, until).await;
    let mut probes = Probes { timer, ..Probes::default() };
    probes.echo = echo.await.expect("echoes");
    probes.hops = hops.await.expect("echoes");
    probes.native = native.await.expect("echoes");
    probes.list = list.await.expect("lists");
    probes.sleep = sleep.await.expect("sleeps");
    yard.node.stop_worker("timer").await.expect("a worker");
    probes.flat_out = crowd(&yard.app, 1, span / 2).await;
    probes.crowd = crowd(&yard.app, 8, span / 2).await;
    probes
}

async fn paced<F: Future<Output = ()>>(until: Instant, mut ask: impl FnMut() -> F) -> Times {
    let mut times = Times::default();
    while Instant::now() < until {
        sleep(PACE).await;
        let began = Instant::now();
        ask().await;
        times.add(began.elapsed());
    }
    times
}

async fn echoes(app: App, whom: &'static str, until: Instant) -> Times {
    paced(until, || echo(&app, whom)).await
}

async fn echo(app: &App, whom: &str) {
    let answer = app.send_and_receive::<String>(whom, "hello").await;
    assert_eq!(answer.as_deref(), Ok("hello"), "{whom}");
}

fn listing(node: Node) -> impl FnMut() -> std::future::Ready<()> {
    move || {
        assert!(!node.workers().is_empty());
        std::future::ready(())
    }
}

async fn sleeps(until: Instant) -> Times {
    let mut times = Times::default();
    while Instant::now() < until {
        let began = Instant::now();
        sleep(PACE).await;
        times.add(began.elapsed().saturating_sub(PACE));
    }
    times
}

/// What the worker `timer` sends, each time one of its timers has run out.
async fn timers(app: &mut App, until: Instant) -> Times {
    let mut times = Times::default();
    let mut last = Instant::now();
    while let Ok(message) = timeout_at(until, app.receive::<Vec<u8>>()).await {
        message.expect("a timer");
        times.add(last.elapsed().saturating_sub(PACE));
        last = Instant::now();
    }
    times.add(last.elapsed().saturating_sub(PACE));
    times
}

/// So many tasks, each with one question after the other.
async fn crowd(app: &App, tasks: usize, span: Duration) -> Times {
    let until = Instant::now() + span;
    let asking = (0..tasks).map(|_| tokio::spawn(flat_out(app.clone(), until)));
    let mut all = Times::default();
    for times in asking.collect::<Vec<_>>() {
        all.merge(times.await.expect("echoes"));
    }
    all
}

async fn flat_out(app: App, until: Instant) -> Times {
    let mut times = Times::default();
    while Instant::now() < until {
        let began = Instant::now();
        echo(&app, "bare").await;
        times.add(began.elapsed());
        if times.len().is_multiple_of(64) {
            tokio::task::yield_now().await;
        }
    }
    times
}
