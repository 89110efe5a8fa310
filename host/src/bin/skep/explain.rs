//! `skep explain`: what would become of a message along a route.

use skep::control::{Client, Question, StopInfo};

use crate::failure::Failure;
use crate::output;
use crate::task::Route;

pub(crate) async fn explain(client: &Client, route: Route) -> Result<(), Failure> {
    let question = Question { route: route.route, from: route.from };
    let stops = client.explain(&question).await?;
    if route.json { output::json(&stops) } else { table(&stops) }?;
    match stops.iter().find(|stop| stop.passes == Some(false)) {
        Some(StopInfo { stop, outcome, .. }) => {
            Err(Failure::new(format!("a message would not pass `{stop}`: {outcome}")))
        }
        None => Ok(()),
    }
}

fn table(stops: &[StopInfo]) -> Result<(), Failure> {
    let row = |stop: &StopInfo| {
        let mark = match stop.passes {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        [stop.stop.clone(), mark.into(), stop.rule.clone(), stop.outcome.clone()]
    };
    let mut table = output::Table::new(["STOP", "PASSES", "RULE", "WHAT WOULD HAPPEN"]);
    table.rows(stops.iter().map(row))
}
