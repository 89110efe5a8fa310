//! `skep dead-letters`: messages that no one will handle.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use skep::control::{Client, Dropped, Letter, Payload, time};

use crate::failure::Failure;
use crate::output::{self, bytes};
use crate::task::{Letters, Which};

pub(crate) async fn dead_letters(client: &Client, letters: Letters) -> Result<(), Failure> {
    match letters {
        Letters::List { json } => {
            let letters = client.letters().await?;
            if json { output::json(&letters) } else { list(letters) }
        }
        Letters::Show { number, json } => {
            let letter = client.letter(number).await?;
            if json { output::json(&letter) } else { show(letter) }
        }
        Letters::Redeliver { which, json } => redeliver(client, which, json).await,
        Letters::Drop { which, json } => {
            let number = match which {
                Which::One(number) => Some(number),
                Which::All => None,
            };
            let dropped = client.drop_letters(number).await?;
            if json {
                return output::json(&dropped);
            }
            let Dropped { dropped } = dropped;
            output::line(&format!("{dropped} {} dropped", noun(dropped)))
        }
    }
}

/// Send them on their way again; the first that cannot be sent ends it.
async fn redeliver(client: &Client, which: Which, json: bool) -> Result<(), Failure> {
    let numbers = match which {
        Which::One(number) => vec![number],
        Which::All => client.letters().await?.into_iter().map(|letter| letter.number).collect(),
    };
    let mut done = Vec::with_capacity(numbers.len());
    for number in numbers {
        let sent = client.redeliver(number).await;
        done.push(sent.map_err(|why| {
            let failure = Failure::from(why);
            if done.is_empty() {
                failure
            } else {
                failure.after(&format!("{} sent again; then ", done.len()))
            }
        })?);
    }
    match (json, which, done.as_slice()) {
        (true, Which::One(_), [one]) => output::json(one),
        (true, ..) => output::json(&done),
        (false, ..) => output::line(&format!("{} {} sent again", done.len(), noun(done.len()))),
    }
}

fn list(letters: Vec<Letter>) -> Result<(), Failure> {
    if letters.is_empty() {
        return output::line("no dead letters");
    }
    let row = |letter: Letter| {
        [
            letter.number.to_string(),
            when(letter.at_ms),
            letter.to,
            letter.origin,
            bytes(letter.bytes),
            letter.reason,
        ]
    };
    output::table(["NUMBER", "AT", "TO", "FROM", "SIZE", "REASON"], letters.into_iter().map(row))
}

fn show(letter: Letter) -> Result<(), Failure> {
    let payload = match letter.payload.unwrap_or_default() {
        Payload::Text(text) => text,
        Payload::Hex { hex } => format!("{hex} (hexadecimal)"),
    };
    let rows = [
        ("number", letter.number.to_string()),
        ("at", when(letter.at_ms)),
        ("to", letter.to),
        ("onward route", letter.onward_route),
        ("return route", letter.return_route),
        ("origin", letter.origin),
        ("reason", letter.reason),
        ("attempts", letter.attempts.to_string()),
        ("size", bytes(letter.bytes)),
        ("payload", payload),
    ];
    for (name, value) in rows {
        let value = value.replace('\n', "\n              ");
        output::line(format!("{name:<12}  {value}").trim_end())?;
    }
    Ok(())
}

fn noun(count: usize) -> &'static str {
    if count == 1 { "dead letter" } else { "dead letters" }
}

fn when(at_ms: u64) -> String {
    let at: Option<SystemTime> = UNIX_EPOCH.checked_add(Duration::from_millis(at_ms));
    time::full(at.unwrap_or(UNIX_EPOCH))
}
