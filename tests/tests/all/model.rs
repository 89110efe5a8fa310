//! Random scripts against a simple model: what failed never leaves, what was
//! committed leaves once and in order, and each requester has one outcome.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use skep::Grant;
use skep::error::RequestError;
use skep_tests::Yard;
use skep_tests::wait::soon;

/// One thing that a handler asks for, before it ends.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Send,
    Reply,
    /// A request to an echoer, which commits all before it.
    Request,
    Child,
}

/// How a handler ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Ok,
    Reject,
    Trap,
    Loop,
    /// `retry`, until this delivery.
    Retry(u32),
    /// A trap, until this delivery.
    TrapUntil(u32),
}

/// A message to one of the workers, sent or asked.
#[derive(Clone, Debug)]
struct Message {
    worker: usize,
    asked: bool,
    asks: Vec<Ask>,
    end: End,
}

const WORKERS: usize = 3;

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let ask = prop_oneof![
        4 => Just(Ask::Send), 2 => Just(Ask::Reply), 1 => Just(Ask::Request), 1 => Just(Ask::Child),
    ];
    let end = prop_oneof![
        4 => Just(End::Ok), 1 => Just(End::Reject), 1 => Just(End::Trap), 1 => Just(End::Loop),
        1 => (2..4_u32).prop_map(End::Retry), 1 => (2..4_u32).prop_map(End::TrapUntil),
    ];
    let message = (0..WORKERS, any::<bool>(), prop::collection::vec(ask, 0..5), end);
    let message =
        message.prop_map(|(worker, asked, asks, end)| Message { worker, asked, asks, end });
    prop::collection::vec(message, 1..10)
}

impl Message {
    /// As the puppet reads it; `number` makes what it sends unlike any other's.
    fn script(&self, number: usize) -> String {
        let asks = self.asks.iter().enumerate().map(|(at, ask)| match ask {
            Ask::Send => format!("send app {number}.{at}; "),
            Ask::Reply => format!("reply {number}.{at}; "),
            Ask::Request => "request bare 20000 x; ".into(),
            Ask::Child => format!("start bare c{number}-{at}; "),
        });
        let end = match self.end {
            End::Ok => String::new(),
            End::Reject => "reject no".into(),
            End::Trap => "trap".into(),
            End::Loop => "loop".into(),
            End::Retry(until) => format!("until-attempt {until} {{retry later}}"),
            End::TrapUntil(until) => format!("until-attempt {until} {{trap}}"),
        };
        asks.collect::<String>() + &end
    }

    /// What of it happens: all, or what the last request committed. A handler that
    /// made none is delivered again, and may succeed then.
    fn done(&self) -> impl Iterator<Item = (usize, Ask)> {
        let last = self.asks.iter().rposition(|ask| matches!(ask, Ask::Request));
        let succeeds = match self.end {
            End::Ok => true,
            End::Reject | End::Trap | End::Loop => false,
            End::Retry(_) | End::TrapUntil(_) => last.is_none(),
        };
        let count = if succeeds { self.asks.len() } else { last.unwrap_or(0) };
        self.asks.iter().copied().enumerate().take(count)
    }

    /// What comes to `app`, in order.
    fn sent(&self, number: usize) -> Vec<String> {
        let leaves = |ask| matches!(ask, Ask::Send) || (matches!(ask, Ask::Reply) && !self.asked);
        let done = self.done().filter(|(_, ask)| leaves(*ask));
        done.map(|(at, _)| format!("{number}.{at}")).collect()
    }

    fn children(&self, number: usize) -> Vec<String> {
        let done = self.done().filter(|(_, ask)| matches!(ask, Ask::Child));
        done.map(|(at, _)| format!("p{}.c{number}-{at}", self.worker)).collect()
    }

    /// The one outcome of its requester.
    fn outcome(&self, number: usize) -> &'static str {
        let _ = number;
        match self.end {
            _ if self.answer(number).is_some() => "answer",
            End::Reject => "rejected",
            End::Trap | End::Loop => "failed",
            End::Ok => "dropped",
            End::Retry(_) | End::TrapUntil(_) => {
                let committed = self.asks.iter().any(|ask| matches!(ask, Ask::Request));
                if committed { "failed" } else { "dropped" }
            }
        }
    }

    fn answer(&self, number: usize) -> Option<String> {
        let mut done = self.done().filter(|(_, ask)| matches!(ask, Ask::Reply));
        done.next().map(|(at, _)| format!("{number}.{at}"))
    }
}

fn kind(outcome: &Result<String, RequestError>) -> &'static str {
    match outcome {
        Ok(_) => "answer",
        Err(RequestError::Rejected(_)) => "rejected",
        Err(RequestError::Failed(_)) => "failed",
        Err(RequestError::Dropped(_)) => "dropped",
        Err(_) => "something else",
    }
}

type Asked = Pin<Box<dyn Future<Output = Result<String, RequestError>> + Send>>;

/// Send all, in order, without waiting for what comes of them; then compare.
async fn check(messages: Vec<Message>) -> Result<(), TestCaseError> {
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    for worker in 0..WORKERS {
        yard.start_with(&format!("p{worker}"), "puppet", |options| {
            options.grants = vec![Grant::StartWorkers];
            options.limits.fuel = 2_000_000;
        })
        .await;
    }
    let mut asked: Vec<(usize, Asked)> = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let (to, script) = (format!("p{}", message.worker), message.script(number));
        if message.asked {
            let app = yard.app.clone();
            let mut ask: Asked = Box::pin(async move { app.send_and_receive(to, script).await });
            // Sent now; the outcome is looked at later.
            let early = poll_fn(|context| Poll::Ready(ask.as_mut().poll(context))).await;
            match early {
                Poll::Ready(outcome) => asked.push((number, Box::pin(async { outcome }))),
                Poll::Pending => asked.push((number, ask)),
            }
        } else {
            yard.send(&to, &script).await;
        }
    }
    for (number, ask) in asked {
        let (message, outcome) = (&messages[number], soon("an outcome", ask).await);
        prop_assert_eq!(kind(&outcome), message.outcome(number), "{}: {:?}", number, outcome);
        prop_assert_eq!(outcome.ok(), message.answer(number));
    }
    // The last word of each worker comes after all that it had to say.
    for worker in 0..WORKERS {
        yard.send(&format!("p{worker}"), "send app end").await;
    }
    let mut seen = vec![Vec::new(); WORKERS];
    let mut ended = 0;
    while ended < WORKERS {
        let said = yard.receive().await;
        let from = said.sender().to_string();
        let worker: usize = from.trim_start_matches('p').parse().expect("a puppet");
        if said.body() == "end" {
            ended += 1;
        } else {
            seen[worker].push(said.into_body());
        }
    }
    let of = |worker| messages.iter().enumerate().filter(move |(_, each)| each.worker == worker);
    for (worker, seen) in seen.into_iter().enumerate() {
        let expected: Vec<_> = of(worker).flat_map(|(number, each)| each.sent(number)).collect();
        prop_assert_eq!(seen, expected);
    }
    let mut expected: Vec<_> =
        messages.iter().enumerate().flat_map(|(number, each)| each.children(number)).collect();
    expected.extend(["bare", "p0", "p1", "p2"].map(str::to_owned));
    expected.sort();
    prop_assert_eq!(yard.workers(), expected);
    Ok(())
}

#[test]
fn all_or_nothing_once_and_in_order() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap();
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&messages(), |messages| runtime.block_on(check(messages)))
        .unwrap_or_else(|failed| panic!("{failed}"));
}
