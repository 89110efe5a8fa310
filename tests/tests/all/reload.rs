//! Generations: what goes over, what never takes over, and the way back.

use std::collections::BTreeMap;
use std::time::Duration;

use skep::error::{ReloadError, SendError};
use skep::{Node, Restart, Save, State, Trial, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::{guest, handler};
use skep_tests::wait::soon;

fn options(set: impl FnOnce(&mut WorkerOptions)) -> WorkerOptions {
    let mut options = WorkerOptions::default();
    set(&mut options);
    options
}

async fn reload(
    yard: &Yard,
    component: Vec<u8>,
    set: impl FnOnce(&mut WorkerOptions),
) -> Result<u32, ReloadError> {
    soon("a reload", yard.node.reload_component("k", component, options(set))).await
}

/// The reason why the next generation did not take over.
async fn refused(yard: &Yard, component: Vec<u8>, set: impl FnOnce(&mut WorkerOptions)) -> String {
    match reload(yard, component, set).await {
        Err(ReloadError::Refused { kept: 1, why }) => why,
        other => panic!("{other:?}"),
    }
}

async fn yard() -> Yard {
    let yard = Yard::new().await;
    yard.start("k", "keeper").await;
    yard.answer("k", "set kept; reply").await;
    yard
}

#[tokio::test(flavor = "multi_thread")]
async fn state_goes_over_and_the_reason_is_told() {
    let yard = yard().await;
    assert_eq!(reload(&yard, guest("keeper"), |_| {}).await, Ok(2));
    assert_eq!(yard.answer("k", "birth; state; count; reply").await, "reload\nkept\n1");
    assert_eq!(yard.status("k").unwrap().generation, 2);
    assert_eq!(yard.status("k").unwrap().restarts, 0);
}

/// The message in progress ends on the old generation, what is queued is for the new one,
/// and timers and monitors are the worker's.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_ends_and_what_waits_stays() {
    let mut yard = yard().await;
    yard.start("w", "puppet").await;
    yard.answer("k", "after 60000 k x; monitor w {birth; tell app}; reply").await;
    yard.block("k").await;
    for _ in 0..3 {
        yard.send("k", "birth; tell app").await;
    }
    let node = yard.node.clone();
    let next = guest("keeper");
    let swap =
        tokio::spawn(
            async move { node.reload_component("k", next, WorkerOptions::default()).await },
        );
    yard.unblock("k").await;
    assert_eq!(soon("a reload", swap).await.unwrap(), Ok(2));
    // Which of them the new one gets depends on when it was compiled.
    let births = yard.bodies(3).await;
    assert!(
        births.is_sorted() && births.iter().all(|b| b == "first" || b == "reload"),
        "{births:?}"
    );
    assert_eq!(yard.answer("k", "birth; reply").await, "reload");
    let limits = yard.status("k").unwrap().limits;
    assert!(limits.iter().any(|limit| limit.key == "timers" && limit.used == Some(1)));
    yard.node.stop_worker("w").await.unwrap();
    assert_eq!(yard.receive().await.body(), "reload");
}

/// A generation that does not compile, start or restore never takes over.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_begin_changes_nothing() {
    let yard = yard().await;
    let broken = reload(&yard, b"\0asm".to_vec(), |_| {}).await;
    assert!(matches!(broken, Err(ReloadError::Component(_))), "{broken:?}");
    let starts = [
        ("reject broken", "broken"),
        ("trap", "unreachable"),
        ("loop", "used up its fuel"),
        ("send nobody x; trap", "unreachable"),
    ];
    for (args, reason) in starts {
        let why = refused(&yard, guest("keeper"), |options| options.args = args.into()).await;
        assert!(why.contains(reason), "{args}: {why}");
    }
    let why = refused(&yard, handler("", "i32.const 0"), |_| {}).await;
    assert!(why.contains("it exports no `state`"), "{why}");
    // The instance is the same as ever: it has not even begun again.
    assert_eq!(yard.answer("k", "birth; state; count; reply").await, "first\nkept\n2");
    for (state, reason) in [
        ("restore fails", "restore fails"),
        ("restore traps", "unreachable"),
        ("save fails", "its save failed: save fails"),
        ("save is large", "its save failed: 17825792 bytes of state"),
    ] {
        yard.answer("k", &format!("set {state}; reply")).await;
        let why = refused(&yard, guest("keeper"), |_| {}).await;
        assert!(why.contains(reason), "{state}: {why}");
        assert_eq!(yard.answer("k", "state; birth; reply").await, format!("{state}\nfirst"));
    }
    // A `save` that traps costs the instance, and still no generation takes over.
    yard.answer("k", "set save traps; reply").await;
    let why = refused(&yard, guest("keeper"), |_| {}).await;
    assert!(why.contains("its save failed: it trapped"), "{why}");
    let birth = yard.answer("k", "birth; reply").await;
    assert!(birth.starts_with("restart: its save failed"), "{birth}");
    assert_eq!(yard.status("k").unwrap().generation, 1);
}

/// A generation that fails on one of its first messages is rolled back by itself; the
/// message, and the state that there was, are with the old instance.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_on_trial_is_rolled_back() {
    let yard = yard().await;
    let small = |options: &mut WorkerOptions| options.limits.fuel = 10_000;
    assert_eq!(reload(&yard, guest("keeper"), small).await, Ok(2));
    yard.answer("k", "set lost; reply").await;
    let said = yard.answer("k", "spin 100000; attempt; birth; state; reply").await;
    assert_eq!(said, "1\nfirst\nkept");
    let status = yard.status("k").unwrap();
    assert_eq!((status.generation, status.failed), (1, 0));
    let why = status.refused.expect("that the next one did not stay");
    assert!(why.starts_with("generation 2 has failed on trial: it used up its fuel"), "{why}");
    // A further reload makes a number of its own.
    assert_eq!(reload(&yard, guest("keeper"), |_| {}).await, Ok(3));
    assert_eq!(yard.status("k").unwrap().refused, None);
}

/// What the same code saved on trial is no less its state afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_same_code_has_saved_on_trial_stays() {
    let yard = yard().await;
    let saving = |options: &mut WorkerOptions| {
        options.limits.fuel = 10_000;
        options.save = Save::EveryMessage;
    };
    assert_eq!(reload(&yard, guest("keeper"), saving).await, Ok(2));
    yard.answer("k", "set saved; reply").await;
    let said = yard.answer("k", "spin 100000; attempt; state; reply").await;
    assert_eq!(said, "1\nsaved");
    assert_eq!(yard.status("k").unwrap().generation, 1);
}

/// Whoever wants no trial has none: a failure costs the instance, not the generation.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_trial_it_stays() {
    let yard = yard().await;
    let hasty = |options: &mut WorkerOptions| options.trial = Trial(0);
    assert_eq!(reload(&yard, guest("keeper"), hasty).await, Ok(2));
    assert!(yard.ask("k", "trap").await.is_err());
    let status = yard.status("k").unwrap();
    assert_eq!((status.generation, status.failed), (2, 1));
}

/// Once it has shown that it works, a failure is a failure as any other.
#[tokio::test(flavor = "multi_thread")]
async fn after_its_trial_it_stays() {
    let yard = yard().await;
    reload(&yard, guest("keeper"), |_| {}).await.unwrap();
    for _ in 0..8 {
        yard.answer("k", "reply").await;
    }
    assert!(yard.ask("k", "trap").await.is_err());
    let said = yard.answer("k", "birth; reply").await;
    assert!(said.starts_with("restart: it trapped"), "{said}");
    assert_eq!(yard.status("k").unwrap().generation, 2);
}

/// Also of a generation that began without the old one's having an instance.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_an_instance_is_reloaded_too() {
    let yard = Yard::new().await;
    yard.start("k", "puppet").await;
    assert_eq!(yard.status("k").unwrap().state, State::Asleep);
    let trapping = handler("", "unreachable");
    assert_eq!(reload(&yard, trapping, |_| {}).await, Ok(2));
    assert_eq!(yard.answer("k", "reply alive").await, "alive");
    assert_eq!(yard.status("k").unwrap().generation, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back() {
    let yard = yard().await;
    let none = yard.node.roll_back("k").await;
    assert_eq!(none, Err(ReloadError::NoPrevious("k".into())));
    let config = |options: &mut WorkerOptions| _ = options.config.insert("v".into(), "2".into());
    reload(&yard, guest("keeper"), config).await.unwrap();
    assert_eq!(yard.answer("k", "config v; reply").await, "Some(\"2\")");
    assert_eq!(soon("back", yard.node.roll_back("k")).await, Ok(1));
    assert_eq!(yard.answer("k", "config v; state; reply").await, "None\nkept");
    assert_eq!(soon("and forth", yard.node.roll_back("k")).await, Ok(2));
    assert_eq!(yard.answer("k", "config v; reply").await, "Some(\"2\")");
}

/// A handler that does not end is ended at the drain deadline; the next generation has
/// its message, since nothing of it was done.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_finish_is_interrupted() {
    let drain = Duration::from_millis(50);
    let mut yard = Yard::of(Node::builder().threads(2).drain(drain)).await;
    let endless = |options: &mut WorkerOptions| {
        options.limits.fuel = u64::MAX;
        options.limits.deadline = Duration::from_secs(100);
    };
    yard.start_with("k", "puppet", |options| {
        endless(options);
        options.config.insert("loops".into(), "yes".into());
    })
    .await;
    // In the old generation it loops, in the new one it does not.
    yard.send("k", "if-config loops {loop}; attempt; tell app").await;
    yard.send("k", "send app next").await;
    yard.until_state("k", State::Running).await;
    assert_eq!(reload(&yard, guest("puppet"), endless).await, Ok(2));
    assert_eq!(yard.bodies(2).await, ["1", "next"]);
    // What was done in part is not done twice.
    yard.start("silent", "puppet").await;
    yard.send("k", "request silent 30000 {send app asked; reply}; loop").await;
    // What it asks for by then is done.
    assert_eq!(yard.receive().await.body(), "asked");
    assert_eq!(reload(&yard, guest("puppet"), endless).await, Ok(3));
    yard.letter("its receiver was stopped while it handled it").await;
    yard.send("k", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// A reload revives a worker that is parked.
#[tokio::test(flavor = "multi_thread")]
async fn a_parked_worker_is_revived() {
    let yard = Yard::new().await;
    yard.start_with("k", "keeper", |options| {
        options.args = b"on restart {reject broken}".into();
        options.limits.failures = 2;
    })
    .await;
    assert!(yard.ask("k", "trap").await.is_err());
    yard.until_state("k", State::Parked).await;
    assert_eq!(yard.app.send("k", "x").await, Err(SendError::Closed));
    assert_eq!(reload(&yard, guest("keeper"), |_| {}).await, Ok(2));
    assert_eq!(yard.answer("k", "birth; reply").await, "reload");
    assert_eq!(yard.status("k").unwrap().ended, None);
}

/// What a manifest may change goes over with the code.
#[tokio::test(flavor = "multi_thread")]
async fn settings_go_over_as_a_pair() {
    let yard = yard().await;
    let set = |options: &mut WorkerOptions| {
        options.addresses = vec!["also".into()];
        options.limits.mailbox_messages = 7;
        options.restart = Restart::Temporary;
    };
    reload(&yard, guest("keeper"), set).await.unwrap();
    assert_eq!(yard.answer("also", "recipient; reply").await, "also");
    let limits = yard.status("k").unwrap().limits;
    assert!(limits.iter().any(|limit| limit.key == "mailbox-messages" && limit.most == 7));
    yard.start("taken", "bare").await;
    let taken = reload(&yard, guest("keeper"), |options| {
        options.addresses = vec!["another".into(), "taken".into()];
    })
    .await;
    assert_eq!(taken, Err(ReloadError::AddressTaken("taken".into())));
    assert!(matches!(yard.app.send("another", "x").await, Err(SendError::NoRoute(_))));
    reload(&yard, guest("keeper"), |_| {}).await.unwrap();
    assert!(matches!(yard.app.send("also", "x").await, Err(SendError::NoRoute(_))));
    let unknown = yard.node.reload_component("nobody", guest("bare"), options(|_| {})).await;
    assert!(matches!(unknown, Err(ReloadError::Unknown(_))), "{unknown:?}");
}

/// Mappings, threads and open files of this process.
fn held() -> (usize, usize, usize) {
    let count = |path: &str| std::fs::read_dir(path).unwrap().count();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    (maps, count("/proc/self/task"), count("/proc/self/fd"))
}

/// Many reloads beside several senders: nothing is lost, nothing comes twice, and of each
/// sender all comes in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_reloads_under_load() {
    const RELOADS: u32 = 1_000;
    const SENDERS: usize = 3;
    let mut yard = Yard::alone(Node::builder().threads(2)).await;
    // What it sends waits where the program reads too slowly.
    yard.start_with("k", "keeper", |options| options.wait = true).await;
    for _ in 0..20 {
        reload(&yard, guest("keeper"), |options| options.wait = true).await.unwrap();
    }
    let before = held();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (app, done) = (yard.app.clone(), done.clone());
            tokio::spawn(async move {
                let mut sent = 0_u64;
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    // A full mailbox is how a sender is told to wait.
                    match app.send("k", format!("send app {sender}.{sent}")).await {
                        Ok(()) => sent += 1,
                        Err(SendError::MailboxFull(_)) => {}
                        Err(why) => panic!("{why}"),
                    }
                    tokio::task::yield_now().await;
                }
                sent
            })
        })
        .collect();
    let node = yard.node.clone();
    let swaps = tokio::spawn(async move {
        let code = guest("keeper");
        for _ in 0..RELOADS {
            let options = options(|options| options.wait = true);
            node.reload_component("k", code.clone(), options).await.expect("a reload");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut total = 0;
    let mut expected = None;
    let mut senders = Some(senders);
    while expected != Some(total) {
        let message = yard.receive().await.into_body();
        let (sender, number) = message.split_once('.').unwrap();
        let next = seen.entry(sender.into()).or_default();
        assert_eq!(number.parse::<u64>().unwrap(), *next, "of {sender}");
        *next += 1;
        total += 1;
        if swaps.is_finished()
            && let Some(senders) = senders.take()
        {
            let mut sum = 0;
            for sender in senders {
                sum += soon("a sender", sender).await.unwrap();
            }
            expected = Some(sum);
        }
    }
    swaps.await.unwrap();
    let status = yard.status("k").unwrap();
    assert_eq!((status.generation, status.failed, status.restarts), (RELOADS + 21, 0, 0));
    assert!(yard.node.dead_letters().is_empty());
    println!("{total} messages beside {RELOADS} reloads");
    // Nothing adds up: a few mappings may be those of the allocator, and a pool of threads may
    // have grown towards its bound.
    let after = held();
    assert!(after.0 <= before.0 + 24, "mappings: {before:?}, then {after:?}");
    assert!(after.1 <= before.1 + 4, "threads: {before:?}, then {after:?}");
    assert_eq!(after.2, before.2, "files");
}

/// Two new generations and a stop at the same time: each ends, and says how.
#[tokio::test(flavor = "multi_thread")]
async fn reloads_and_a_stop_at_once_all_end() {
    for round in 0..10 {
        let yard = yard().await;
        let next = |value: &str| {
            let options = options(|options| _ = options.config.insert("v".into(), value.into()));
            yard.node.reload_component("k", guest("keeper"), options)
        };
        let stop = async {
            tokio::time::sleep(Duration::from_micros(300 * round)).await;
            yard.node.stop_worker("k").await
        };
        let all = async { tokio::join!(next("2"), next("3"), stop) };
        let (one, other, stopped) = soon("all end", all).await;
        assert!(stopped.is_ok(), "{stopped:?}");
        for outcome in [&one, &other] {
            let known = [ReloadError::Stopped("k".into())];
            let gone = matches!(outcome, Err(ReloadError::Unknown(_)));
            assert!(
                outcome.is_ok() || gone || outcome.as_ref().is_err_and(|why| known.contains(why)),
                "{outcome:?}"
            );
        }
        assert!(yard.status("k").is_none());
    }
}

/// Whoever waits for an answer of the old generation gets it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_under_way_arrives() {
    let mut yard = yard().await;
    yard.start("asker", "puppet").await;
    yard.start("slow", "puppet").await;
    let app = yard.node.app();
    let asked = tokio::spawn(async move {
        app.send_and_receive::<String>(
            "asker",
            "request k 30000 {request slow 30000 {keep; send app slow}; reply old}; reply",
        )
        .await
    });
    assert_eq!(yard.receive().await.body(), "slow");
    let node = yard.node.clone();
    let reloading = tokio::spawn(async move {
        node.reload_component("k", guest("keeper"), WorkerOptions::default()).await
    });
    yard.send("slow", "answer now").await;
    assert_eq!(soon("an answer", asked).await.unwrap().as_deref(), Ok("old"));
    soon("it takes over", reloading).await.unwrap().unwrap();
}

/// An address that is given back and taken again: what is sent meanwhile goes to the one or
/// the other, or comes back as an error or a dead letter.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_where_one_follows_another() {
    // As many as the program's own mailbox holds.
    const MESSAGES: usize = 1_000;
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    let app = yard.node.app();
    let sender = tokio::spawn(async move {
        let mut refused = 0;
        for number in 0..MESSAGES {
            refused += usize::from(app.send("w", "send app x").await.is_err());
            if number % 8 == 0 {
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
        }
        refused
    });
    let mut rounds = 0;
    while !sender.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        yard.node.stop_worker("w").await.unwrap();
        yard.start("w", "puppet").await;
        rounds += 1;
    }
    let refused = sender.await.unwrap();
    let left = MESSAGES - refused - yard.node.dead_letters().len();
    yard.bodies(left).await;
    assert_eq!(refused + yard.node.dead_letters().len() + left, MESSAGES, "{rounds} rounds");
    let more = tokio::time::timeout(Duration::from_millis(100), yard.app.receive::<String>());
    assert!(more.await.is_err(), "one more than was sent");
}
