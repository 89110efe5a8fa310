//! A request's outcome: exactly one, whoever answers, loses or gives up at the
//! same instant; and its name in the address table goes with it.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom::future::block_on;
use loom::thread;
use skep_protocol::{Address, Route};
use tokio::time::Instant;

use crate::checks::explore::{ALL, explore};
use crate::router::{
    Answer, GiveUp, Next, Origin, Pending, RequestError, Router, Token, Unplaced, Way,
};

type Outcome = Result<Bytes, RequestError>;

fn pending(router: &Arc<Router>) -> Arc<Pending> {
    Pending::new(router, Instant::now() + Duration::from_secs(3_600), None)
}

fn wait(pending: &Pending) -> Outcome {
    block_on(poll_fn(|context| pending.poll(context)))
}

fn dropped(why: &str) -> RequestError {
    RequestError::Dropped(why.into())
}

fn is_known(router: &Router, name: &Address) -> bool {
    let (to, back, origin) =
        (Route::from(name).into(), Way::default(), Origin::Worker(name.clone()));
    let message = Unplaced::new(to, back, Bytes::new(), origin, None);
    router.route(message).is_ok()
}

#[test]
fn the_first_answer_counts() {
    explore("the_first_answer_counts", ALL, || {
        let router = Router::new(skep_protocol::route::MAX_HOPS);
        let pending = pending(&router);
        let (one, other) = (pending.clone(), pending.clone());
        let one = thread::spawn(move || one.complete(Ok("one".into())));
        let other = thread::spawn(move || other.complete(Ok("other".into())));
        let answer = wait(&pending).unwrap();
        assert!(answer == "one" || answer == "other");
        one.join().unwrap();
        other.join().unwrap();
        assert_eq!(wait(&pending), Err(RequestError::Timeout), "it was there once");
    });
}

/// Two copies of a token go in these two ways at the same instant; what the
/// requester is told.
fn two_copies(one: fn(Token), other: fn(Token), shown: bool) -> Outcome {
    let router = Router::new(skep_protocol::route::MAX_HOPS);
    let pending = pending(&router);
    if shown {
        let _name = Answer(pending.clone()).expose();
    }
    let token = Token::new(&pending);
    let copy = token.clone();
    let one = thread::spawn(move || one(token));
    let other = thread::spawn(move || other(copy));
    let outcome = wait(&pending);
    one.join().unwrap();
    other.join().unwrap();
    outcome
}

#[test]
fn of_two_copies_lost_at_once_the_last_says_why() {
    for shown in [false, true] {
        explore("of_two_copies_lost_at_once_the_last_says_why", ALL, move || {
            let (one, other) = (dropped("one"), dropped("other"));
            let outcome = two_copies(
                |token| token.lose(dropped("one")),
                |token| token.lose(dropped("other")),
                shown,
            );
            assert!(outcome == Err(one) || outcome == Err(other.clone()), "{outcome:?}");
        });
    }
}

#[test]
fn two_copies_dropped_at_once() {
    explore("two_copies_dropped_at_once", ALL, || {
        let outcome = two_copies(drop, drop, false);
        assert!(matches!(outcome, Err(RequestError::Dropped(_))), "{outcome:?}");
    });
}

#[test]
fn one_copy_dropped_and_one_lost_at_once() {
    explore("one_copy_dropped_and_one_lost_at_once", ALL, || {
        let outcome = two_copies(drop, |token| token.lose(dropped("other")), false);
        assert!(matches!(outcome, Err(RequestError::Dropped(_))), "{outcome:?}");
    });
}

#[test]
fn an_answer_comes_before_the_loss_of_another_copy() {
    explore("an_answer_comes_before_the_loss_of_another_copy", ALL, || {
        let answer = |token: Token| {
            let answer = Answer(token.pending().clone());
            Next::Answer(answer, "answer".into(), Some(token))
                .deliver(&Router::new(skep_protocol::route::MAX_HOPS));
        };
        let outcome = two_copies(answer, |token| token.lose(dropped("other")), false);
        assert_eq!(outcome, Ok("answer".into()));
    });
}

/// The route is shown while the request ends in this way.
fn shown_while(end: fn(&Pending)) {
    let router = Router::new(skep_protocol::route::MAX_HOPS);
    let pending = pending(&router);
    let (ending, other) = (pending.clone(), pending.clone());
    let ending = thread::spawn(move || end(&ending));
    let other = thread::spawn(move || Answer(other).expose());
    let name = Answer(pending.clone()).expose();
    ending.join().unwrap();
    assert_eq!(other.join().unwrap(), name, "it has one name");
    assert!(!is_known(&router, &name), "its name outlives it");
}

#[test]
fn a_name_shown_while_the_answer_comes_is_forgotten() {
    explore("a_name_shown_while_the_answer_comes_is_forgotten", Some(3), || {
        shown_while(|pending| pending.complete(Ok(Bytes::new())));
    });
}

#[test]
fn a_name_shown_while_the_requester_gives_up_is_forgotten() {
    explore("a_name_shown_while_the_requester_gives_up_is_forgotten", Some(3), || {
        shown_while(|pending| drop(GiveUp(pending)));
    });
}

#[test]
fn an_answer_to_one_who_gives_up() {
    explore("an_answer_to_one_who_gives_up", ALL, || {
        let router = Router::new(skep_protocol::route::MAX_HOPS);
        let pending = pending(&router);
        let name = Answer(pending.clone()).expose();
        assert!(is_known(&router, &name));
        let token = Token::new(&pending);
        let answering = pending.clone();
        let answering = thread::spawn(move || answering.complete(Ok(Bytes::new())));
        drop(GiveUp(&pending));
        assert!(token.is_over());
        answering.join().unwrap();
        assert_eq!(wait(&pending), Err(RequestError::Timeout));
        assert!(!is_known(&router, &name));
    });
}
