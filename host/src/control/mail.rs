//! What workers send to `app`: the command has nobody who reads it, so that it is shown in
//! the log and forgotten. Otherwise the mailbox would fill, and senders would fail.

use crate::config::Limits;
use crate::control::Payload;
use crate::hostcalls::{LogGate, Severity};
use crate::native::App;

/// The most of one payload that is shown, in bytes.
const SHOWN: usize = 1_024;

/// Show what comes until the node has stopped.
pub(super) async fn show(mut app: App) {
    let log = LogGate::new(app.address().clone(), &Limits::default());
    while let Ok(message) = app.receive::<Vec<u8>>().await {
        log.write(Severity::Info, &line(message.payload()));
        // A flood must not keep a thread of the runtime for itself.
        tokio::task::yield_now().await;
    }
}

fn line(payload: &[u8]) -> String {
    let shown = payload.get(..SHOWN).unwrap_or(payload);
    let text = match Payload::of(shown) {
        Payload::Text(text) => format!("{text:?}"),
        Payload::Hex { hex } => hex,
    };
    let rest = payload.len() - shown.len();
    if rest == 0 { format!("got {text}") } else { format!("got {text} and {rest} bytes more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_payloads_are_cut() {
        assert_eq!(line(b"tick\n1"), "got \"tick\\n1\"");
        assert_eq!(line(b"\xff"), "got ff");
        assert!(line(&[b'a'; 1_030]).ends_with("a\" and 6 bytes more"));
    }
}
