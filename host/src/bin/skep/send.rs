//! `skep send`: a message along a route, and its answer; or many, measured.

use std::io::Read;

use skep::control::{Client, Measured, Payload, SendOrder};
use skep::{Encode, Limits, Message as _, MessagePack};

use crate::failure::Failure;
use crate::output;
use crate::task::{Form, Message, Source};
use crate::waiting::saying;

pub(crate) async fn send(client: &Client, message: Message) -> Result<(), Failure> {
    let payload = Payload::of(&payload(message.payload, message.form)?);
    let order = SendOrder {
        route: message.route,
        payload,
        timeout_ms: Some(u64::try_from(message.timeout.as_millis()).unwrap_or(u64::MAX)),
        count: message.count,
        outstanding: message.outstanding,
        no_reply: message.no_reply,
    };
    if let Some(count) = order.count {
        let text = "the messages are on their way; what was measured is told at the end";
        let measured = saying(client.measure(&order), text).await?;
        let no_reply = message.no_reply;
        if measured.sent < count {
            output::note("it was ended early: of the last messages none brought anything");
        }
        if message.json { output::json(&measured) } else { report(&measured, no_reply) }?;
        return judge(&measured, no_reply);
    }
    let text = format!("waiting for the answer, for up to {:?}", message.timeout);
    let reply = saying(client.send(&order), &text).await?;
    if message.json {
        return output::json(&reply);
    }
    let Some(reply) = reply.payload else { return Ok(()) };
    let reply = reply.into_bytes().map_err(Failure::new)?;
    if message.raw { output::raw(&reply) } else { show(&reply, message.form) }
}

/// The bytes to send.
fn payload(source: Source, form: Form) -> Result<Vec<u8>, Failure> {
    let written = match source {
        Source::Argument(bytes) => bytes,
        Source::Stdin => stdin(form)?,
    };
    let payload = match form {
        Form::Text => written,
        Form::Hex => hex(&written)?,
        Form::MessagePack => message_pack(&written)?,
    };
    let most = Limits::default().message;
    if payload.len() > most {
        let error =
            format!("the payload has {} bytes, a message has at most {most}", payload.len());
        return Err(Failure::new(error).hint("send it in parts"));
    }
    Ok(payload)
}

/// What comes in, up to what could make a message.
fn stdin(form: Form) -> Result<Vec<u8>, Failure> {
    let most = Limits::default().message as u64;
    let most = if form == Form::Text { most } else { most.saturating_mul(8) };
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|why| Failure::new(format!("the payload cannot be read from stdin: {why}")))?;
    if bytes.len() as u64 > most {
        let error = format!("stdin has more than {most} bytes, too many for a message");
        return Err(Failure::new(error).hint("send it in parts"));
    }
    Ok(bytes)
}

fn hex(digits: &[u8]) -> Result<Vec<u8>, Failure> {
    let hex = String::from_utf8_lossy(digits).into_owned();
    let bytes = Payload::Hex { hex }.into_bytes();
    bytes.map_err(|why| Failure::usage(format!("the payload is not hexadecimal: {why}")))
}

fn message_pack(json: &[u8]) -> Result<Vec<u8>, Failure> {
    let value: serde_json::Value = serde_json::from_slice(json).map_err(|why| {
        Failure::usage(format!("the payload is not JSON: {why}"))
            .hint("--msgpack takes JSON, for instance '{\"name\":\"bee\"}' or '\"text\"'")
    })?;
    let bytes = MessagePack(value).encode();
    bytes.map_err(|why| Failure::new(format!("no MessagePack can be made of it: {why}")))
}

/// Print a reply in the form that the message had, or failing that in digits.
fn show(reply: &[u8], form: Form) -> Result<(), Failure> {
    match form {
        Form::Hex => {}
        Form::Text => match std::str::from_utf8(reply) {
            Ok(text) => return output::line(text),
            Err(_) => output::note("the reply is not text; in hexadecimal:"),
        },
        Form::MessagePack => match MessagePack::<serde_json::Value>::decode(reply) {
            Ok(MessagePack(value)) => return output::json(&value),
            Err(why) => output::note(&format!(
                "the reply is no MessagePack with JSON's types ({why}); in hexadecimal:"
            )),
        },
    }
    let digits: Vec<String> = reply.iter().map(|byte| format!("{byte:02x}")).collect();
    output::line(&digits.concat())
}

fn report(measured: &Measured, no_reply: bool) -> Result<(), Failure> {
    let Measured { sent, received, failed, timeouts, per_second, .. } = measured;
    if no_reply {
        output::note("what becomes of them on their way is not known here: see `dead-letters`");
        let left = sent.saturating_sub(*failed);
        return output::line(&format!("{left} sent, {failed} refused; {per_second} a second"));
    }
    output::line(&format!(
        "{sent} sent, {received} answered, {failed} failed, {timeouts} timed out; \
         {per_second} a second"
    ))?;
    let (Some(p50), Some(p99)) = (measured.p50_us, measured.p99_us) else { return Ok(()) };
    output::line(&format!("half within {p50} µs, 99 of 100 within {p99} µs"))
}

/// One that failed is enough for whoever only looks at the exit code.
fn judge(measured: &Measured, no_reply: bool) -> Result<(), Failure> {
    let missed = measured.failed + measured.timeouts;
    if missed == 0 {
        return Ok(());
    }
    let (sent, done) = (measured.sent, if no_reply { "sent" } else { "answered" });
    let Some(why) = measured.first_failure.as_deref() else {
        return Err(Failure::new(format!("{missed} of {sent} messages were not {done} in time")));
    };
    Err(Failure::new(format!("{missed} of {sent} messages were not {done}; the first: {why}")))
}
