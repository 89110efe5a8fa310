//! `skep ps`: the workers of a node, or one of them in full.

use skep::State;
use skep::control::{Client, LimitInfo, NodeInfo, Pages, WorkerInfo};

use crate::failure::Failure;
use crate::links;
use crate::output::{self, bytes};
use crate::task::Query;

pub(crate) async fn ps(client: &Client, query: Query) -> Result<(), Failure> {
    if query.links {
        return links::links(client, query.json).await;
    }
    if query.channels {
        return links::channels(client, query.json).await;
    }
    let Some(name) = query.name else {
        let pages = Pages::new(client, true);
        if query.json {
            return all(pages).await;
        }
        list(pages).await?;
        let linked = client.links().await?;
        if !linked.is_empty() {
            output::line("")?;
            links::table(&linked)?;
        }
        let channels = client.channels().await?;
        if !channels.is_empty() {
            output::line("")?;
            links::tables_of_channels(&channels)?;
        }
        return node(client.node().await?);
    };
    let worker = client.worker(&name).await?;
    if query.json { output::json(&worker) } else { show(worker) }
}

/// All of them, in one array.
async fn all(mut pages: Pages<'_>) -> Result<(), Failure> {
    let mut array = output::Array::default();
    while let Some(workers) = pages.next().await? {
        for worker in &workers {
            array.put(worker)?;
        }
    }
    array.end()
}

async fn list(mut pages: Pages<'_>) -> Result<(), Failure> {
    let head = [
        "ADDRESS",
        "COMPONENT",
        "GEN",
        "STATE",
        "HANDLED",
        "FAILED",
        "RESTARTS",
        "MAILBOX",
        "MEMORY",
        "REACHED",
    ];
    let row = |worker: WorkerInfo| {
        [
            worker.address,
            worker.component.unwrap_or_else(|| "(native)".into()),
            worker.generation.to_string(),
            worker.state,
            worker.handled.to_string(),
            worker.failed.to_string(),
            worker.restarts.to_string(),
            of_limit(&worker.limits, "mailbox-messages"),
            of_limit(&worker.limits, "memory"),
            reached(&worker.limits),
        ]
    };
    let Some(first) = pages.next().await? else { return output::line("no workers") };
    let mut table = output::Table::new(head);
    table.rows(first.into_iter().map(row))?;
    while let Some(workers) = pages.next().await? {
        table.rows(workers.into_iter().map(row))?;
    }
    Ok(())
}

/// What is used of a limit, and how much there may be.
fn of_limit(limits: &[LimitInfo], key: &str) -> String {
    let found = limits.iter().find(|limit| limit.limit == key);
    found.map_or_else(|| "-".into(), |limit| format!("{}/{}", used(limit), most(limit)))
}

/// The limits that were reached, and how often.
fn reached(limits: &[LimitInfo]) -> String {
    let reached = limits.iter().filter(|limit| limit.reached > 0);
    let reached: Vec<_> =
        reached.map(|limit| format!("{}:{}", limit.limit, limit.reached)).collect();
    if reached.is_empty() { "-".into() } else { reached.join(" ") }
}

fn used(limit: &LimitInfo) -> String {
    limit.used.map_or_else(|| "-".into(), |used| amount(used, &limit.unit))
}

fn most(limit: &LimitInfo) -> String {
    amount(limit.most, &limit.unit)
}

fn amount(amount: u64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(usize::try_from(amount).unwrap_or(usize::MAX)),
        "milliseconds" => format!("{amount} ms"),
        _ => amount.to_string(),
    }
}

/// What all of them use together.
fn node(node: NodeInfo) -> Result<(), Failure> {
    let (used, most) = (bytes(node.memory_bytes), bytes(node.memory_most));
    let letters = node.dead_letters;
    let noun = if letters == 1 { "dead letter" } else { "dead letters" };
    output::line(&format!("\nnode: {used} of {most} memory, {letters} {noun}"))?;
    if node.listening.is_empty() && node.refused == 0 {
        return Ok(());
    }
    let places = match node.listening.join(" and ") {
        places if places.is_empty() => "nowhere".to_owned(),
        places => format!("on {places}"),
    };
    let links = match node.turned_away {
        0 => String::new(),
        1 => ", 1 link turned away".into(),
        more => format!(", {more} links turned away"),
    };
    let refused = node.refused;
    output::line(&format!("listening {places}, {refused} messages from elsewhere refused{links}"))
}

fn show(worker: WorkerInfo) -> Result<(), Failure> {
    let mailbox = format!("{} messages, {}", worker.mailbox.messages, bytes(worker.mailbox.bytes));
    let waits = worker.state == State::Waiting.name();
    let mut rows = vec![
        ("address", worker.address),
        ("component", worker.component.unwrap_or_else(|| "none: a native worker".into())),
        ("generation", worker.generation.to_string()),
        ("state", worker.state),
        ("handled", worker.handled.to_string()),
        ("failed", format!("{}, {} of them expired", worker.failed, worker.expired)),
        ("restarts", worker.restarts.to_string()),
        ("mailbox", mailbox),
        ("fuel in all", worker.fuel.to_string()),
        ("memory", bytes(worker.memory_bytes)),
    ];
    let dropped = (worker.dropped > 0).then(|| worker.dropped.to_string());
    rows.extend(dropped.map(|dropped| ("dropped", format!("{dropped} oldest messages"))));
    rows.extend(worker.language.map(|language| ("language", language)));
    rows.extend(worker.digest.map(|digest| ("digest", digest)));
    rows.extend(worker.ended.map(|why| (if waits { "why" } else { "ended" }, why)));
    rows.extend(worker.refused.map(|why| ("its files", format!("refused: {why}"))));
    rows.push(("last failure", worker.last_failure.unwrap_or_else(|| "none".into())));
    for (name, value) in rows {
        // Further lines of a stranger's text are indented, so that none looks like a row.
        let value = value.replace('\n', "\n              ");
        output::line(&format!("{name:<12}  {value}"))?;
    }
    if worker.limits.is_empty() {
        return Ok(());
    }
    output::line("")?;
    let row = |limit: &LimitInfo| {
        [limit.limit.clone(), used(limit), most(limit), limit.reached.to_string()]
    };
    output::table(["LIMIT", "USED", "MOST", "REACHED"], worker.limits.iter().map(row))
}
