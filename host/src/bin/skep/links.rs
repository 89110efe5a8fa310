//! `skep ps --links` and `--channels`: the ways of a node to others.

use skep::control::{ChannelInfo, Client, LinkInfo};

use crate::failure::Failure;
use crate::output::{self, bytes};

pub(crate) async fn links(client: &Client, json: bool) -> Result<(), Failure> {
    let links = client.links().await?;
    if json {
        return output::json(&links);
    }
    if links.is_empty() {
        return output::line("no links");
    }
    table(&links)
}

/// The links as a table.
pub(crate) fn table(links: &[LinkInfo]) -> Result<(), Failure> {
    let head =
        ["LINK", "OPENED BY", "STATE", "AGE", "SENT", "RECEIVED", "QUEUE", "REFUSED", "LOST"];
    let row = |link: &LinkInfo| {
        let passed = |messages: u64, passed: u64| {
            format!("{messages} ({})", bytes(usize::try_from(passed).unwrap_or(usize::MAX)))
        };
        [
            link.address.clone(),
            format!("{} node", if link.opened_by == "this" { "this" } else { "the other" }),
            link.state.clone(),
            age(link.age_ms),
            passed(link.sent, link.sent_bytes),
            passed(link.received, link.received_bytes),
            link.queue.messages.to_string(),
            link.refused.to_string(),
            link.lost.to_string(),
        ]
    };
    let mut table = output::Table::new(head);
    table.rows(links.iter().map(row))
}

pub(crate) async fn channels(client: &Client, json: bool) -> Result<(), Failure> {
    let channels = client.channels().await?;
    if json {
        return output::json(&channels);
    }
    if channels.is_empty() {
        return output::line("no secure channels");
    }
    tables_of_channels(&channels)
}

/// The secure channels as tables: those that are open, and those that have a name and are not.
pub(crate) fn tables_of_channels(channels: &[ChannelInfo]) -> Result<(), Failure> {
    let (open, shut): (Vec<_>, Vec<_>) =
        channels.iter().partition(|channel| channel.state == "open");
    if !open.is_empty() {
        table_of_open(&open)?;
    }
    if !open.is_empty() && !shut.is_empty() {
        output::line("")?;
    }
    if shut.is_empty() { Ok(()) } else { table_of_shut(&shut) }
}

/// Those that are not open, and why.
fn table_of_shut(channels: &[&ChannelInfo]) -> Result<(), Failure> {
    let row = |channel: &&ChannelInfo| {
        [
            channel.name.clone().unwrap_or_default(),
            channel.state.clone(),
            channel.identity.clone(),
            channel.way.clone(),
            channel.last_failure.clone().unwrap_or_else(|| "none".into()),
        ]
    };
    let mut table = output::Table::new(["CHANNEL", "STATE", "EXPECTS", "ROUTE", "LAST FAILURE"]);
    table.rows(channels.iter().map(row))
}

fn table_of_open(channels: &[&ChannelInfo]) -> Result<(), Failure> {
    let head =
        ["CHANNEL", "IDENTITY", "OPENED BY", "AGE", "HEARD", "SENT", "RECEIVED", "REFUSED", "LOST"];
    let row = |channel: &&ChannelInfo| {
        [
            channel.name.clone().unwrap_or_else(|| "(no name)".into()),
            channel.identity.clone(),
            format!("{} node", if channel.opened_by == "this" { "this" } else { "the other" }),
            age(channel.age_ms),
            format!("{} ago", age(channel.unheard_ms)),
            channel.sent.to_string(),
            channel.received.to_string(),
            channel.refused.to_string(),
            channel.lost.to_string(),
        ]
    };
    let mut table = output::Table::new(head);
    table.rows(channels.iter().map(row))?;
    let is_mute = |channel: &&&ChannelInfo| {
        channel.opened_by == "this" && channel.sent > 0 && channel.received == 0
    };
    for channel in channels.iter().filter(is_mute) {
        let name = channel.name.as_deref().unwrap_or("a channel without a name");
        output::note(&format!(
            "{name}: nothing has come by it yet; it may be that the other end \
            does not trust this node (`trust`), or has nobody there who answers it"
        ));
    }
    Ok(())
}

fn age(ms: u64) -> String {
    match ms / 1_000 {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        assert_eq!([age(1_999), age(119_000), age(120_000)], ["1 s", "119 s", "2 min"]);
        assert_eq!([age(7_200_000), age(200_000_000)], ["2 h", "2 d"]);
    }
}
