//! `skep reload` and `skep rollback`: the next generation of a worker, or the one before.

use skep::control::{Client, Reloaded};

use crate::failure::Failure;
use crate::output;
use crate::waiting::saying;

pub(crate) async fn reload(client: &Client, name: Option<String>) -> Result<(), Failure> {
    let Some(name) = name else {
        let text = "compiling what has changed, and waiting for the messages in progress";
        return all(saying(client.reload_all(), text).await?);
    };
    show(&saying(client.reload(&name), &reason(&name)).await?)
}

pub(crate) async fn roll_back(client: &Client, name: &str) -> Result<(), Failure> {
    show(&saying(client.roll_back(name), &reason(name)).await?)?;
    output::note("if its files ask for another one, the next reload takes that again");
    Ok(())
}

/// What takes long.
fn reason(name: &str) -> String {
    format!(
        "waiting for {name}: its component is compiled, and its message in progress may go on \
         for the node's `drain` time"
    )
}

/// One line each; it has failed if one has.
fn all(reloaded: Vec<Reloaded>) -> Result<(), Failure> {
    if reloaded.is_empty() {
        return output::line("the node's directory has no workers");
    }
    let failed = reloaded.iter().filter(|each| each.error.is_some()).count();
    for each in &reloaded {
        show(each)?;
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new("1 worker is not as its file asks")),
        failed => Err(Failure::new(format!("{failed} workers are not as their files ask"))),
    }
}

fn show(reloaded: &Reloaded) -> Result<(), Failure> {
    let Reloaded { worker, outcome, generation, error } = reloaded;
    let number = generation.unwrap_or_default();
    match (error, outcome.as_str()) {
        (Some(why), _) => output::line(&format!("{worker}: {why}")),
        (None, "started") => output::line(&format!("{worker} has started")),
        (None, "same") => {
            output::line(&format!("{worker} is what its file says already: generation {number}"))
        }
        (None, _) => output::line(&format!("{worker}: generation {number} has taken over")),
    }
}
