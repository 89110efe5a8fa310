//! A screen of its own on the terminal, and its keys. What was there before is there again
//! afterwards, however the command ends.

use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// Another screen, without a cursor, and without lines that go on in the next.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Where the terminal does not say how large it is.
const ROWS: u16 = 24;

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    /// Another order.
    Order,
    /// The size has changed.
    Size,
}

pub(super) struct Terminal {
    /// How stdin was; none if that is no terminal.
    before: Option<Termios>,
    keys: mpsc::Receiver<Key>,
    size: Signal,
}

impl Terminal {
    pub(super) fn enter() -> Result<Self, Failure> {
        let size = signal(SignalKind::window_change());
        let size = size.map_err(|why| Failure::new(format!("no signals can be had: {why}")))?;
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut keys = before.clone();
            // Each key at once, unseen, and none of them a signal.
            keys.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
            let set = tcsetattr(io::stdin(), OptionalActions::Now, &keys);
            set.map_err(|why| Failure::new(format!("the terminal cannot be used: {why}")))?;
        }
        let terminal = Self { keys: listen(before.is_some()), before, size };
        write(ENTER);
        Ok(terminal)
    }

    /// Show these lines, as far as there is room; false if nobody can see them.
    pub(super) fn draw(&mut self, lines: &[String]) -> bool {
        let mut text = String::from("\x1b[H");
        for (index, line) in lines.iter().take(rows()).enumerate() {
            let before = if index > 0 { "\r\n" } else { "" };
            text.push_str(before);
            text.push_str(line);
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        write(&text)
    }

    /// The next thing that somebody wants.
    pub(super) async fn key(&mut self) -> Key {
        tokio::select! {
            key = self.keys.recv() => match key {
                Some(key) => key,
                // There are no keys: signals end it.
                None => std::future::pending().await,
            },
            _ = self.size.recv() => Key::Size,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        write(LEAVE);
        if let Some(before) = &self.before {
            // Nothing can be done about a terminal that has gone.
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, before);
        }
    }
}

/// How many lines there is room for.
pub(super) fn rows() -> usize {
    let rows = tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_row);
    usize::from(if rows == 0 { ROWS } else { rows })
}

fn write(text: &str) -> bool {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// The keys that are pressed, read by a thread that ends with the process.
fn listen(is_terminal: bool) -> mpsc::Receiver<Key> {
    let (pressed, keys) = mpsc::channel(16);
    if is_terminal {
        std::thread::spawn(move || {
            for byte in io::stdin().lock().bytes() {
                let key = match byte {
                    Ok(b'q' | b'Q' | 0x03 | 0x04) | Err(_) => Key::Quit,
                    Ok(b's') => Key::Order,
                    Ok(_) => continue,
                };
                if pressed.blocking_send(key).is_err() {
                    return;
                }
            }
            // The terminal has gone.
            let _ = pressed.blocking_send(Key::Quit);
        });
    }
    keys
}
