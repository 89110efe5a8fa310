//! Being, stopping and speaking for others.

use skep::error::StartError;
use skep::{Grant, Origin};
use skep_tests::trial::attack;

#[test]
pub(super) fn g3_11_no_message() {
    attack(row!(g3_11_no_message.wat), async |trial| {
        let module = trial.row.core();
        let started =
            trial.beside(async |yard| yard.try_start("w", module.clone(), |_| {}).await).await;
        let Err(StartError::Failed(why)) = started else { panic!("{started:?}") };
        assert!(why.contains("there is no message here"), "{why}");
        why.rsplit("it failed to start: ").next().unwrap_or(&why).into()
    });
}

/// The first answer counts; another reaches nobody.
#[test]
pub(super) fn g3_11_stale_return_route() {
    attack(row!(g3_11_stale_return_route.script), async |trial| {
        trial.puppets(&[], |_| {}).await;
        let script = trial.row.script();
        let said = trial
            .beside(async |yard| {
                assert_eq!(yard.answer("w", &script).await, "first");
                // Later, when the requester is gone.
                yard.answer("w", "answer third; reply").await
            })
            .await;
        assert!(said.starts_with("SendError::NoRoute(\"_"), "{said}");
        said
    });
}

#[test]
pub(super) fn g3_12_forged_identity() {
    attack(row!(g3_12_forged_identity.script), async |trial| {
        trial.yard.start("bare", "bare").await;
        trial.puppets(&[], |options| options.grants = vec![Grant::StartWorkers]).await;
        let script = trial.row.script();
        let said = trial
            .beside(async |yard| {
                let said = yard.answer("w", &script).await;
                yard.answer("w", "stop w.neighbour; stop w.app; reply").await;
                yard.until_state("w.neighbour", skep::State::Stopped).await;
                yard.until_state("w.app", skep::State::Stopped).await;
                said
            })
            .await;
        let said: Vec<_> = said.lines().collect();
        assert_eq!(said[0], "w.neighbour");
        assert!(said[1].starts_with("StartError::Invalid("), "{said:?}");
        assert_eq!(said[3], r#"SendError::Denied("this worker has not started `neighbour`")"#);
        assert_eq!(said[4], r#"SendError::Denied("this worker has not started `app`")"#);
        assert_eq!(said[5..], [r#"SendError::NoRoute("_node")"#; 2]);
        // Whatever it sends says who has sent it.
        trial.yard.send("w", "send app {I am the neighbour}").await;
        assert_eq!(trial.yard.receive().await.sender(), &Origin::Worker("w".into()));
        said[3].into()
    });
}
