//! `/dead-letters`: to look at, to send again, and to forget.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use skep_protocol::Route;

use crate::control::refusal::Refusal;
use crate::control::{Dropped, Letter, Payload, Redelivered};
use crate::node::Node;

pub(super) async fn list(State(node): State<Node>) -> Json<Vec<Letter>> {
    Json(node.dead_letters().iter().map(Letter::from).collect())
}

pub(super) async fn show(
    State(node): State<Node>,
    Path(number): Path<String>,
) -> Result<Json<Letter>, Refusal> {
    let number = read(&number)?;
    let letters = node.dead_letters();
    let letter = letters.iter().find(|letter| letter.number == number);
    let letter = letter.ok_or_else(|| unknown(number))?;
    Ok(Json(Letter { payload: Some(Payload::of(&letter.payload)), ..Letter::from(letter) }))
}

pub(super) async fn redeliver(
    State(node): State<Node>,
    Path(number): Path<String>,
) -> Result<Json<Redelivered>, Refusal> {
    let number = read(&number)?;
    match node.redeliver_dead_letter(number) {
        Ok(true) => Ok(Json(Redelivered { redelivered: number })),
        Ok(false) => Err(unknown(number)),
        Err(why) => {
            let all = node.dead_letters();
            let letter = all.iter().find(|letter| letter.number == number);
            let to = letter.map(|letter| Route::from(&letter.to)).unwrap_or_default();
            Err(Refusal::unsent(&node, &to, &why))
        }
    }
}

pub(super) async fn drop_one(
    State(node): State<Node>,
    Path(number): Path<String>,
) -> Result<Json<Dropped>, Refusal> {
    let number = read(&number)?;
    if !node.drop_dead_letter(number) {
        return Err(unknown(number));
    }
    Ok(Json(Dropped { dropped: 1 }))
}

pub(super) async fn drop_all(State(node): State<Node>) -> Json<Dropped> {
    Json(Dropped { dropped: node.drop_dead_letters() })
}

fn read(number: &str) -> Result<u64, Refusal> {
    let wrong = |_| Refusal::wrong(format!("`{number}` is not the number of a dead letter"));
    number.parse().map_err(wrong)
}

fn unknown(number: u64) -> Refusal {
    let error = format!("there is no dead letter {number}");
    Refusal::new(StatusCode::NOT_FOUND, error)
        .hint("`skep dead-letters` lists them; the oldest go when there are too many")
}
