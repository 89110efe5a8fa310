//! Colours: on a terminal, and without `NO_COLOR`.

use std::io::IsTerminal;

/// What may be coloured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    terminal: bool,
    colours: bool,
    moves: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
}

/// Colours for names: none of those that say how something went.
const FOR_NAMES: [Colour; 3] = [Colour::Blue, Colour::Magenta, Colour::Cyan];

/// Whether colours are not wanted, or not understood, whatever the terminal.
pub(crate) fn plain() -> bool {
    dumb() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

impl Paint {
    pub(crate) fn detect() -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self { terminal, colours: terminal && !plain(), moves: terminal && !dumb() }
    }

    /// No terminal.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { terminal: false, colours: false, moves: false }
    }

    /// Whether what was written can be written over.
    pub(crate) fn moves(self) -> bool {
        self.moves
    }

    pub(crate) fn is_terminal(self) -> bool {
        self.terminal
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn colour(self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Red => "31",
            Colour::Green => "32",
            Colour::Yellow => "33",
            Colour::Blue => "34",
            Colour::Magenta => "35",
            Colour::Cyan => "36",
        };
        self.with(code, text)
    }

    /// A name in a colour of its own, always the same.
    pub(crate) fn name(self, name: &str, padded: &str) -> String {
        let sum =
            name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let colour = FOR_NAMES.get(sum % FOR_NAMES.len()).copied();
        self.colour(colour.unwrap_or(Colour::Cyan), padded)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}
