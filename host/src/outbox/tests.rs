//! The outbox against a model of it, over random sequences of what handlers ask
//! for and of what happens meanwhile.

mod model;
mod world;

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use skep_protocol::{Address, Route};

use self::model::{Model, Payload, Refusal};
use self::world::{Fake, FakeStarter, Log, NAMES, address, core, shared};
use crate::outbox::{Asker, Core, Handling, StartError};
use crate::router::{Recipient, SendError};
use crate::sync::lock;

/// Names that children may have.
const CHILDREN: [&str; 3] = ["one", "two", "three"];
/// Longer than any test.
const LATER: std::time::Duration = std::time::Duration::from_secs(3_600);

#[derive(Clone, Debug)]
enum Step {
    Send(usize, usize),
    Timer(bool, usize),
    Cancel(u64),
    Start(usize),
    StopChild(usize),
    StopSelf,
    StopNode,
    Monitor(usize, usize),
    Demonitor(usize),
    /// The handler succeeds; what finds no room is tried again with the next commit.
    Commit,
    /// The same; what finds no room is given up.
    CommitAll,
    /// The handler fails.
    Fail,
    /// A recipient handles its oldest message.
    Handle(usize),
    /// A recipient stops for good.
    Stop(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let to = 0..NAMES.len();
    prop_oneof![
        8 => (to.clone(), 1..11_usize).prop_map(|(to, bytes)| Step::Send(to, bytes)),
        2 => (any::<bool>(), 1..11_usize).prop_map(|(own, bytes)| Step::Timer(own, bytes)),
        2 => (0..5_u64).prop_map(Step::Cancel),
        2 => (0..CHILDREN.len()).prop_map(Step::Start),
        1 => (0..CHILDREN.len()).prop_map(Step::StopChild),
        1 => Just(Step::StopSelf),
        1 => Just(Step::StopNode),
        3 => (to.clone(), 1..11_usize).prop_map(|(of, bytes)| Step::Monitor(of, bytes)),
        2 => to.prop_map(Step::Demonitor),
        5 => Just(Step::Commit),
        1 => Just(Step::CommitAll),
        2 => Just(Step::Fail),
        3 => (0..NAMES.len() - 1).prop_map(Step::Handle),
        1 => (1..NAMES.len() - 1).prop_map(Step::Stop),
    ]
}

fn refusal(error: SendError) -> Refusal {
    match error {
        SendError::NoRoute(_) => Refusal::NoRoute,
        SendError::MailboxFull(_) => Refusal::Full,
        SendError::TooLarge(_) => Refusal::TooLarge,
        SendError::Closed => Refusal::Closed,
        SendError::Quota(_) => Refusal::Quota,
        error => panic!("{error}"),
    }
}

fn start_refusal(error: StartError) -> Refusal {
    match error {
        StartError::AddressTaken(_) => Refusal::Taken,
        StartError::Quota(_) => Refusal::Quota,
        error => panic!("{error}"),
    }
}

fn child(of: usize) -> Address {
    Address::local(CHILDREN[of].as_bytes())
}

/// The real thing and its model, side by side.
struct Pair {
    core: Arc<Core>,
    fakes: Vec<Arc<Fake>>,
    handling: Handling,
    log: Log,
    _starter: Arc<FakeStarter>,
    model: Model,
    payloads: u8,
}

impl Pair {
    fn new(waits: bool) -> Self {
        let log = Log::default();
        let starter = FakeStarter::new(&log);
        let core = core(&starter);
        let fakes: Vec<_> = (0..NAMES.len() - 1).map(|of| Fake::new(of, waits, &log)).collect();
        for fake in &fakes {
            assert!(core.router.register(fake.address().clone(), fake.clone()));
        }
        let handling = Handling::new(core.clone(), fakes[0].clone(), fakes[0].options());
        Self {
            core,
            fakes,
            handling,
            log,
            _starter: starter,
            model: Model::new(waits),
            payloads: 0,
        }
    }

    /// The next payload, which says its number in each byte.
    fn payload(&mut self, bytes: usize) -> (Bytes, Payload) {
        self.payloads += 1;
        (vec![self.payloads; bytes].into(), Payload(self.payloads, bytes))
    }

    fn step(&mut self, step: Step) {
        let (done, expected) = match step {
            Step::Commit => return assert_eq!(self.handling.try_commit(), self.model.commit()),
            Step::CommitAll => return self.commit_all(),
            Step::Fail => return self.fail(),
            Step::Handle(of) => return self.handle(of),
            Step::Stop(of) => {
                self.fakes[of].stop_for_good(&self.core.router);
                return self.model.stop_recipient(of);
            }
            Step::Start(of) => {
                let started = self.handling.start_worker(CHILDREN[of], None, Vec::new());
                let started = started.map(drop).map_err(start_refusal);
                return assert_eq!(started, self.model.start(child(of)));
            }
            step => self.ask(step),
        };
        assert_eq!(done.map_err(refusal), expected);
    }

    fn ask(&mut self, step: Step) -> (Result<(), SendError>, Result<(), Refusal>) {
        match step {
            Step::Send(to, bytes) => {
                let (payload, known) = self.payload(bytes);
                let sent = self.handling.send(Route::from(&address(to)), payload);
                (sent, self.model.send(to, known))
            }
            Step::Timer(own, bytes) => {
                let (payload, known) = self.payload(bytes);
                let to = Route::from(&address(usize::from(!own)));
                let set = self.handling.send_after(LATER, to, payload);
                (set.map(drop), self.model.timer(own, known))
            }
            Step::Monitor(of, bytes) => {
                let (payload, known) = self.payload(bytes);
                (self.handling.monitor(address(of), payload), self.model.monitor(of, known))
            }
            Step::Demonitor(of) => (self.handling.demonitor(address(of)), self.model.demonitor(of)),
            Step::Cancel(timer) => (self.handling.cancel(timer), self.model.cancel(timer)),
            Step::StopChild(of) => {
                (self.handling.stop_worker(&child(of)), self.model.stop_child(child(of)))
            }
            Step::StopSelf => (self.handling.stop_worker(&address(0)), self.model.stop_self()),
            Step::StopNode => (self.handling.stop_node(), self.model.stop_node()),
            step => panic!("{step:?} is nothing that a handler asks for"),
        }
    }

    fn commit_all(&mut self) {
        // Workers here have no time at all for a wait, so it is over at once.
        shared().runtime.block_on(self.handling.commit_all());
        self.model.commit_all();
    }

    fn fail(&mut self) {
        assert!(self.handling.end().is_none(), "no message was begun");
        self.model.clear();
    }

    fn handle(&mut self, of: usize) {
        let expected = self.model.handle(of).map(|Payload(number, bytes)| vec![number; bytes]);
        assert_eq!(self.fakes[of].handle(), expected.map(Bytes::from));
    }

    fn compare(&self) {
        assert_eq!(*lock(&self.log), self.model.log);
        let dead = self.core.router.dead_letters().list();
        let dead: Vec<_> = dead.iter().map(|letter| letter.payload[0]).collect();
        assert_eq!(dead, self.model.dead);
        for (fake, model) in self.fakes.iter().zip(&self.model.boxes) {
            assert_eq!(fake.mailbox().usage(), model.used, "in use by `{}`", fake.address());
        }
        let Model { timers, monitors, children, .. } = self.model;
        assert_eq!(self.fakes[0].ledger().counts(), (timers, monitors, children));
    }

    /// What is queued, in order; and when all is over nothing is held for anyone.
    fn finish(mut self) {
        self.fail();
        for of in 0..self.fakes.len() {
            while !self.model.boxes[of].queue.is_empty() {
                self.handle(of);
            }
            assert_eq!(self.fakes[of].handle(), None);
        }
        self.compare();
        let me = self.fakes[0].clone();
        me.ledger().close(&address(0), &self.core.timers);
        for fake in &self.fakes {
            assert_eq!(fake.mailbox().usage(), (0, 0), "in use by `{}`", fake.address());
        }
        let (timers, monitors, _) = me.ledger().counts();
        assert_eq!((timers, monitors), (0, 0));
        self.core.router.clear();
    }
}

proptest! {
    // Some defects show in one case of a hundred; a case takes 0.1 ms.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(4_000)
    })]

    #[test]
    fn an_outbox_does_what_its_model_does(
        waits in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        // Waiting for room takes the time from the runtime.
        let _runtime = shared().runtime.enter();
        let mut pair = Pair::new(waits);
        for step in steps {
            pair.step(step);
            pair.compare();
        }
        pair.finish();
    }
}
