//! The SDK as a worker's author uses it, on the node for tests.

#![expect(clippy::unwrap_used, reason = "a test's own functions are tests")]

use serde::{Deserialize, Serialize};
use skep_worker::prelude::*;
use skep_worker::testing::Node;
use skep_worker::{Failure, RequestError, SendError, StartError};

/// A worker made of a function.
struct Does<F>(F);

impl<F: FnMut(&mut Context, Routed<Any>) -> Result<()> + 'static> Worker for Does<F> {
    type Message = Any;

    fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        (self.0)(ctx, msg)
    }
}

/// The worker that a function makes.
fn does<F: FnMut(&mut Context, Routed<Any>) -> Result<()> + 'static>(act: F) -> Does<F> {
    Does(act)
}

fn text(msg: &Routed<Any>) -> Result<String> {
    Ok(String::decode(msg.payload())?)
}

fn second() -> Duration {
    Duration::from_secs(1)
}

/// A node with an `echoer`.
fn node() -> Node {
    let mut node = Node::new();
    node.start("echoer", does(|_, msg| msg.reply(msg.payload()))).unwrap();
    node
}

fn texts(node: &mut Node, at: &str) -> Vec<String> {
    node.received(at).iter().map(|received| received.body().unwrap()).collect()
}

#[test]
fn a_reply_comes_back() {
    let mut node = node();
    assert_eq!(node.request::<String>("echoer", "hello"), Ok("hello".into()));
    node.send("echoer", "hello").unwrap();
    assert_eq!(texts(&mut node, "app"), ["hello"]);
}

#[test]
fn a_forward_goes_on_and_the_answer_comes_back_along_the_way() {
    let mut node = node();
    node.start("h1", does(|_, msg| msg.forward())).unwrap();
    node.start("h2", does(|_, msg| msg.forward_via("h1"))).unwrap();
    node.start("loud", does(|_, msg| msg.forward_with(route![], text(&msg)?.to_uppercase())))
        .unwrap();
    node.stand_in("sink");
    assert_eq!(node.request::<String>("h1,h1,loud,echoer", "hello"), Ok("HELLO".into()));
    node.send("h2,sink", "hello").unwrap();
    let received = node.received("sink").remove(0);
    assert_eq!(received.return_route, route!["h1", "h2", "app"]);
    assert_eq!(received.sender, Origin::Worker("app".into()));
}

#[test]
fn what_goes_in_circles_is_stopped() {
    let mut node = Node::new();
    node.start("h1", does(|_, msg| msg.forward_via("h1"))).unwrap();
    let answer = node.request::<()>("h1", ());
    assert_eq!(
        answer,
        Err(RequestError::Rejected("the message has made too many hops".into()).into())
    );
}

#[test]
fn a_full_mailbox_is_a_retry() {
    let mut node = node();
    node.start("h1", does(|_, msg| msg.forward())).unwrap();
    node.mailbox_limit("echoer", 0);
    node.send("h1,echoer", "hello").unwrap();
    assert!(texts(&mut node, "app").is_empty());
    let failures = node.failures();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].failure, Failure::Retry("the mailbox of echoer is full".into()));

    node.mailbox_limit("echoer", 1);
    node.advance(second());
    assert_eq!(texts(&mut node, "app"), ["hello"]);
    assert_eq!(node.failures().len(), 1);
}

#[test]
fn a_mailbox_counts_what_a_handler_has_reserved() {
    let mut node = Node::new();
    node.stand_in("sink");
    node.mailbox_limit("sink", 2);
    let sends = |ctx: &mut Context, _: Routed<Any>| {
        (0..3).try_for_each(|number| ctx.send("sink", number.to_string()))
    };
    node.start("sender", does(sends)).unwrap();
    node.send("sender", ()).unwrap();
    assert_eq!(node.failures()[0].failure, Failure::Retry("the mailbox of sink is full".into()));
    assert!(node.received("sink").is_empty());
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Message)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Shop {
    sold: u32,
    #[serde(skip)]
    opened: bool,
}

#[worker(state)]
impl Worker for Shop {
    type Message = Order;

    fn initialize(&mut self, ctx: &mut Context, args: &[u8]) -> Result<()> {
        ctx.info(format!("{:?} with {} bytes", ctx.birth(), args.len()));
        self.opened = true;
        Ok(())
    }

    fn handle_message(&mut self, _: &mut Context, msg: Routed<Order>) -> Result<()> {
        let sold = self.sold + msg.body().count;
        msg.reply(format!("{sold} {} {}", msg.body().item, self.opened))?;
        self.sold = sold;
        Ok(())
    }

    fn shutdown(&mut self, ctx: &mut Context) {
        ctx.warn(format!("closing after {}", self.sold));
    }
}

fn order(count: u32) -> Order {
    Order { item: "combs".into(), count }
}

#[test]
fn a_bad_payload_is_rejected_before_the_handler() {
    let mut node = Node::new();
    node.start("shop", Shop::default()).unwrap();
    let answer = node.request::<String>("shop", "no order");
    let Err(Error::Request(RequestError::Rejected(why))) = answer else {
        panic!("{answer:?}");
    };
    assert!(why.starts_with("the payload cannot be read: "), "{why}");
    assert_eq!(node.failures()[0].attempt, 1);
    node.advance(second());
    assert_eq!(node.failures().len(), 1);
}

#[test]
fn state_goes_over_to_the_next_instance() {
    let mut node = Node::new();
    node.start_with("shop", Shop::default(), "args").unwrap();
    assert_eq!(node.request("shop", order(2)), Ok("2 combs true".to_string()));
    node.reload("shop", Shop::default()).unwrap();
    assert_eq!(node.request("shop", order(3)), Ok("5 combs false".to_string()));
    node.stop("shop");
    let logs: Vec<_> = node.logs().into_iter().map(|log| (log.level, log.text)).collect();
    assert_eq!(logs[0], (Level::Info, "First with 4 bytes".into()));
    assert_eq!(logs[1], (Level::Info, "Reload with 4 bytes".into()));
    assert_eq!(
        logs[2..],
        [(Level::Warn, "closing after 2".into()), (Level::Warn, "closing after 5".into())]
    );
}

#[derive(Default)]
struct Tally(Vec<u8>);

#[worker(state = custom)]
impl Worker for Tally {
    type Message = Vec<u8>;

    fn handle_message(&mut self, _: &mut Context, msg: Routed<Vec<u8>>) -> Result<()> {
        self.0.extend(msg.body());
        msg.reply(self.0.as_slice())
    }
}

impl State for Tally {
    fn save(&self) -> Result<Vec<u8>> {
        Ok(self.0.clone())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        if state.len() > 2 {
            return Err("too long".into());
        }
        self.0 = state.into();
        Ok(())
    }
}

#[test]
fn a_state_that_is_refused_leaves_the_old_instance() {
    let mut node = Node::new();
    node.start("tally", Tally::default()).unwrap();
    node.request::<Vec<u8>>("tally", "a").unwrap();
    node.reload("tally", Tally::default()).unwrap();
    assert_eq!(node.request("tally", "b"), Ok(b"ab".to_vec()));
    node.request::<Vec<u8>>("tally", "c").unwrap();
    assert_eq!(node.reload("tally", Tally::default()), Err("too long".into()));
    assert_eq!(node.request("tally", "d"), Ok(b"abcd".to_vec()));
}

#[test]
fn a_request_within_a_handler() {
    let mut node = node();
    let asks = |ctx: &mut Context, msg: Routed<Any>| {
        ctx.send("app", "before")?;
        let answer: String = ctx.request("echoer", msg.payload(), second())?;
        msg.reply(format!("{answer}!"))
    };
    node.start("asker", does(asks)).unwrap();
    assert_eq!(node.request::<String>("asker", "hello"), Ok("hello!".into()));
    assert_eq!(texts(&mut node, "app"), ["before"]);
}

#[test]
fn every_request_ends() {
    let mut node = Node::new();
    node.start("silent", does(|_, _| Ok(()))).unwrap();
    node.start("refusing", does(|_, _| Err("never".into()))).unwrap();
    node.start("later", does(|_, _| Err(Error::retry("not yet")))).unwrap();
    node.start("circle", does(|ctx, msg| ctx.request("circle", msg.payload(), second()))).unwrap();
    node.start("ending", does(|ctx, _| ctx.stop_worker(ctx.address()))).unwrap();
    let ask = |node: &mut Node, whom: &str| node.request::<()>(whom, "x").unwrap_err();
    assert_eq!(ask(&mut node, "silent"), RequestError::Timeout.into());
    assert_eq!(ask(&mut node, "refusing"), RequestError::Rejected("never".into()).into());
    assert_eq!(ask(&mut node, "later"), RequestError::Timeout.into());
    assert_eq!(ask(&mut node, "nobody"), SendError::NoRoute("nobody".into()).into());
    let circle = "the receiver waits for this worker: circle";
    assert_eq!(ask(&mut node, "circle"), RequestError::Rejected(circle.into()).into());
    assert_eq!(ask(&mut node, "ending"), RequestError::Timeout.into());
}

#[test]
fn what_was_committed_is_not_done_twice() {
    let mut node = node();
    let fails = |ctx: &mut Context, msg: Routed<Any>| {
        ctx.send("app", "committed")?;
        ctx.request::<String>("echoer", msg.payload(), second())?;
        ctx.send("app", "dropped")?;
        Err(Error::retry("later"))
    };
    node.start("worker", does(fails)).unwrap();
    let answer = node.request::<()>("worker", "x");
    assert_eq!(answer, Err(RequestError::Failed("later".into()).into()));
    node.advance(second());
    assert_eq!(texts(&mut node, "app"), ["committed"]);
}

#[test]
fn a_failing_handler_has_asked_for_nothing() {
    let mut node = node();
    node.component::<Shop>("shop");
    let fails = |ctx: &mut Context, msg: Routed<Any>| {
        ctx.info("tried");
        ctx.send("app", "sent")?;
        msg.reply("replied")?;
        ctx.send_after(second(), "app", "timed")?;
        ctx.start_worker("shop", Some("one"), "")?;
        ctx.stop_node()?;
        match msg.attempt() {
            1 => Err(Error::retry("once more")),
            _ => Err("no".into()),
        }
    };
    node.start("worker", does(fails)).unwrap();
    node.send("worker", "x").unwrap();
    node.advance(10 * second());
    assert!(node.received("app").is_empty());
    assert!(!node.is_stopped());
    assert_eq!(node.workers(), ["echoer", "worker"].map(Address::from));
    let failures: Vec<_> = node.failures().into_iter().map(|failed| failed.failure).collect();
    assert_eq!(failures, [Failure::Retry("once more".into()), Failure::Reject("no".into())]);
    assert_eq!(node.logs().len(), 2);
}

#[test]
fn timers_run_out_in_order() {
    let mut node = Node::new();
    let mut kept = None;
    let timed = move |ctx: &mut Context, msg: Routed<Any>| {
        match msg.sender() {
            Origin::Node(Notice::Timer(timer)) => {
                return ctx.send("app", format!("own {}", Some(timer) == kept));
            }
            _ if text(&msg)? == "cancel" => kept.into_iter().for_each(|timer| ctx.cancel(timer)),
            _ => {
                ctx.send_after(2 * second(), "app", "second")?;
                ctx.send_after(second(), "app", format!("first at {:?}", ctx.now()))?;
                kept = Some(ctx.send_after(3 * second(), ctx.address(), "mine")?);
            }
        }
        Ok(())
    };
    node.start("timed", does(timed)).unwrap();
    node.send("timed", "go").unwrap();
    node.advance(Duration::from_millis(999));
    assert!(node.received("app").is_empty());
    node.advance(2 * second());
    assert_eq!(texts(&mut node, "app"), ["first at 0ns", "second"]);
    node.advance(second());
    assert_eq!(texts(&mut node, "app"), ["own true"]);
    node.send("timed", "go").unwrap();
    node.send("timed", "cancel").unwrap();
    node.advance(9 * second());
    assert_eq!(node.received("app").len(), 2);
}

#[test]
fn children_are_started_watched_and_stopped() {
    let mut node = Node::new();
    node.component::<Shop>("shop");
    let parent = |ctx: &mut Context, msg: Routed<Any>| {
        if let Origin::Node(Notice::Stopped(child, why)) = msg.sender() {
            return ctx.send("app", format!("{child} {why}: {}", text(&msg)?));
        }
        match text(&msg)?.as_str() {
            "stop" => ctx.stop_worker(&"parent.one".into()),
            _ => {
                let child = ctx.start_worker("shop", Some("one"), "")?;
                ctx.monitor(&child, "mine")?;
                msg.reply(child.to_string())
            }
        }
    };
    node.start("parent", does(parent)).unwrap();
    assert_eq!(node.request::<String>("parent", "start"), Ok("parent.one".into()));
    assert_eq!(node.request::<String>("parent.one", order(1)), Ok("1 combs true".into()));
    let taken = StartError::AddressTaken("parent.one".into()).to_string();
    assert_eq!(
        node.request::<String>("parent", "start"),
        Err(RequestError::Rejected(taken).into())
    );
    node.send("parent", "stop").unwrap();
    assert_eq!(texts(&mut node, "app"), ["parent.one stopped: mine"]);
    assert_eq!(node.workers(), [Address::from("parent")]);
}

#[test]
fn an_answer_may_come_later() {
    let mut node = Node::new();
    let mut waiting = None;
    let late = move |ctx: &mut Context, msg: Routed<Any>| match msg.sender() {
        Origin::Node(_) => waiting.take().map_or(Ok(()), |back: Route| ctx.send(back, "at last")),
        _ => {
            assert_eq!(msg.awaited(), Some(30 * second()));
            waiting = Some(msg.return_route());
            ctx.send_after(second(), ctx.address(), ()).map(drop)
        }
    };
    node.start("late", does(late)).unwrap();
    assert_eq!(node.request::<String>("late", ()), Ok("at last".into()));
}
