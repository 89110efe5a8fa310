//! `POST /reload`, `POST /rollback`: workers brought in line with their files, and back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::control::Reloaded;
use crate::control::guest::Guest;
use crate::control::places::{Kind, Place};
use crate::control::refusal::Refusal;
use crate::control::routes::{Shared, address};
use crate::error::ReloadError;
use crate::node::{Brought, Node};

pub(super) async fn one(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
    Path(name): Path<String>,
) -> Result<Json<Reloaded>, Refusal> {
    let place = place(&shared, &guest).await?;
    let node = shared.node.clone();
    let brought = detached(place, async move { (bring(&node, &name).await, name) }).await?;
    match brought {
        (Ok(brought), name) => Ok(Json(reloaded(name, brought))),
        (Err(why), name) => {
            let refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why);
            let runs = name.parse().ok().and_then(|address| shared.node.worker(&address));
            Err(match runs {
                Some(_) => refusal.hint(format!("`skep ps {name}` shows what runs")),
                None => refusal.hint("`skep ps` lists the workers"),
            })
        }
    }
}

pub(super) async fn all(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
) -> Result<Json<Vec<Reloaded>>, Refusal> {
    let place = place(&shared, &guest).await?;
    let node = shared.node;
    let work = async move {
        let mut all = Vec::new();
        for name in node.files() {
            all.push(match bring(&node, &name).await {
                Ok(brought) => reloaded(name, brought),
                Err(why) => failed(name, why),
            });
        }
        all
    };
    Ok(Json(detached(place, work).await?))
}

pub(super) async fn back(
    State(shared): State<Shared>,
    Extension(guest): Extension<Arc<Guest>>,
    Path(name): Path<String>,
) -> Result<Json<Reloaded>, Refusal> {
    let worker = address(&name)?;
    let place = place(&shared, &guest).await?;
    let node = shared.node.clone();
    match detached(place, async move { node.roll_back(worker).await }).await? {
        Ok(number) => Ok(Json(reloaded(name, Brought::Reloaded(number)))),
        Err(ReloadError::Unknown(why)) => Err(Refusal::unstopped(&shared.node, &why)),
        Err(why) => Err(Refusal::new(StatusCode::CONFLICT, why.to_string())),
    }
}

async fn bring(node: &Node, name: &str) -> Result<Brought, String> {
    node.reload(name).await
}

async fn place(shared: &Shared, guest: &Arc<Guest>) -> Result<Place, Refusal> {
    let place = shared.places.stopping.take(guest).await;
    place.ok_or_else(|| {
        let error = format!("nothing was reloaded: {}", Kind::full("something to stop or reload"));
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error)
            .hint("wait until the others are done; `skep ps` shows how it goes")
    })
}

/// Whoever asks may hang up; a reload that has begun is done.
async fn detached<T: Send + 'static>(
    place: Place,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::spawn(async move {
        let done = work.await;
        drop(place);
        done
    });
    done.await.map_err(|why| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, why.to_string()))
}

fn reloaded(worker: String, brought: Brought) -> Reloaded {
    let (outcome, generation) = match brought {
        Brought::Started => ("started", 1),
        Brought::Reloaded(number) => ("reloaded", number),
        Brought::Same(number) => ("same", number),
    };
    Reloaded { worker, outcome: outcome.into(), generation: Some(generation), error: None }
}

fn failed(worker: String, why: String) -> Reloaded {
    Reloaded { worker, outcome: "failed".into(), generation: None, error: Some(why) }
}
