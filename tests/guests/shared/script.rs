//! Scripts in payloads: commands with `;` between them, words with spaces, and
//! `{…}` around a word that has either in it. What a command has to say goes onto a
//! list, one line each; `reply` without a text sends that list back,
//! `tell` elsewhere, and `write` logs it.
//!
//! A payload `@N` stands for N bytes, a route `-` for no stop.

use std::cell::RefCell;

use crate::skep::worker::{mail, message, node};

/// How a script ends a handler that does not succeed.
pub enum End {
    Retry(String),
    Reject(String),
}

/// What lasts as long as the instance does.
#[derive(Default)]
pub struct Memory {
    /// Messages that this instance has begun to handle.
    pub count: u64,
    /// What `save` saves.
    pub state: String,
    /// Why the instance began, where it was told.
    pub birth: String,
    /// A return route that was kept to answer later.
    pub kept: Vec<String>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

pub fn with<R>(use_it: impl FnOnce(&mut Memory) -> R) -> R {
    MEMORY.with_borrow_mut(use_it)
}

/// Run the script of a message.
pub fn handle(payload: &[u8]) -> Result<(), End> {
    with(|memory| memory.count += 1);
    run(payload)
}

/// Run a script.
pub fn run(script: &[u8]) -> Result<(), End> {
    let script = str::from_utf8(script).map_err(|why| End::Reject(why.to_string()))?;
    Run::default().script(script)
}

#[derive(Default)]
struct Run {
    said: Vec<String>,
}

impl Run {
    fn script(&mut self, script: &str) -> Result<(), End> {
        let mut rest = script;
        while !rest.trim().is_empty() {
            let command;
            (command, rest) = split(rest, |letter| letter == ';');
            self.command(command.trim())?;
        }
        Ok(())
    }

    fn command(&mut self, command: &str) -> Result<(), End> {
        let mut words = Words(command);
        let name = words.next();
        match name {
            "" => {}
            // Ends of a handler.
            "retry" => return Err(End::Retry(words.rest().into())),
            "reject" => return Err(End::Reject(words.rest().into())),
            "trap" => core::arch::wasm32::unreachable(),
            // Parts of a script.
            "repeat" => {
                let (times, script) = (words.number(), words.next());
                (0..times).try_for_each(|_| self.script(script))?;
            }
            "until-attempt" => {
                let (attempt, script) = (words.number(), words.next());
                if u64::from(message::attempt()) < attempt {
                    self.script(script)?;
                }
            }
            "at" => {
                let (whom, script) = (words.next(), words.next());
                if node::own_address() == whom {
                    self.script(script)?;
                }
            }
            "if-config" => {
                let (key, script) = (words.next(), words.next());
                if node::config(key).is_some() {
                    self.script(script)?;
                }
            }
            "on" => {
                let (birth, script) = (words.next(), words.next());
                if with(|memory| memory.birth.starts_with(birth)) {
                    self.script(script)?;
                }
            }
            _ if self.of_message(name, &mut words) => {}
            _ if self.of_node(name, &mut words) => {}
            _ if self.of_workers(name, &mut words) => {}
            _ if self.of_instance(name, &mut words) => {}
            _ => return Err(End::Reject(format!("no such command: {name}"))),
        }
        Ok(())
    }

    fn of_message(&mut self, name: &str, words: &mut Words<'_>) -> bool {
        match name {
            "recipient" => self.say(message::recipient()),
            "onward" => self.say(message::onward_route().join(",")),
            "return" => self.say(message::return_route().join(",")),
            "sender" => self.say(format!("{:?}", message::sender())),
            "attempt" => self.say(message::attempt()),
            "awaited" => self.say(message::awaited().is_some()),
            "in-series" => self.say(crate::series::number()),
            "next" => self.say(format!("{:?}", mail::next().map(|next| next.len()))),
            "keep" => with(|memory| memory.kept = message::return_route()),
            "reply" => {
                let payload = match words.rest() {
                    "" => self.said.join("\n").into_bytes(),
                    text => payload(text),
                };
                self.say_error(message::reply(&payload));
            }
            "forward" => {
                let (via, body) = (words.route(), words.rest());
                let body = (!body.is_empty()).then(|| payload(body));
                self.say_error(message::forward(&via, body.as_deref()));
            }
            _ => return false,
        }
        true
    }

    fn of_node(&mut self, name: &str, words: &mut Words<'_>) -> bool {
        match name {
            "address" => self.say(node::own_address()),
            "config" => self.say(format!("{:?}", node::config(words.next()))),
            "now" => self.say(node::now()),
            "random" => {
                let count = u32::try_from(words.number()).unwrap_or(u32::MAX);
                self.say(node::random_bytes(count).len());
            }
            "log" => node::log(node::Level::Info, words.rest()),
            "write" => node::log(node::Level::Info, &self.said.join(" ")),
            "log-large" => node::log(node::Level::Info, &"x".repeat(words.size())),
            "send" => {
                let (to, body) = (words.route(), payload(words.next()));
                self.say_error(node::send(&to, &body));
            }
            "tell" => {
                let to = words.route();
                self.say_error(node::send(&to, self.said.join("\n").as_bytes()));
            }
            "answer" => {
                let (to, body) = (with(|memory| memory.kept.clone()), payload(words.next()));
                self.say_error(node::send(&to, &body));
            }
            "request" => {
                let (to, timeout) = (words.route(), words.milliseconds());
                let body = payload(words.next());
                match node::request(&to, &body, timeout) {
                    Ok(answer) => self.say(String::from_utf8_lossy(&answer)),
                    Err(why) => self.say(format!("{why:?}")),
                }
            }
            "after" => {
                let (delay, to) = (words.milliseconds(), words.route());
                let body = payload(words.next());
                match node::send_after(delay, &to, &body) {
                    Ok(timer) => self.say(timer),
                    Err(why) => self.say(format!("{why:?}")),
                }
            }
            "cancel" => node::cancel(words.number()),
            _ => return false,
        }
        true
    }

    fn of_workers(&mut self, name: &str, words: &mut Words<'_>) -> bool {
        match name {
            "start" => {
                let (component, name) = (words.next(), words.next());
                let name = (name != "-").then_some(name);
                match node::start_worker(component, name, words.next().as_bytes()) {
                    Ok(address) => self.say(address),
                    Err(why) => self.say(format!("{why:?}")),
                }
            }
            "stop" => self.say_error(node::stop_worker(words.next())),
            "monitor" => {
                let (whom, body) = (words.next(), payload(words.next()));
                self.say_error(node::monitor(whom, &body));
            }
            "demonitor" => node::demonitor(words.next()),
            "stop-node" => self.say_error(node::stop_node()),
            _ => return false,
        }
        true
    }

    fn of_instance(&mut self, name: &str, words: &mut Words<'_>) -> bool {
        match name {
            "say" => self.say(words.next()),
            "count" => self.say(with(|memory| memory.count)),
            "birth" => self.say(with(|memory| memory.birth.clone())),
            "state" => self.say(with(|memory| memory.state.clone())),
            "set" => with(|memory| memory.state = words.rest().into()),
            "loop" => loop {
                std::hint::black_box(());
            },
            "spin" => (0..words.number()).for_each(|turn| _ = std::hint::black_box(turn)),
            "recurse" => self.say(down(0)),
            "grow" => {
                let before = core::arch::wasm32::memory_grow(0, words.size());
                self.say(if before == usize::MAX { "refused" } else { "grown" });
            }
            "allocate" => self.say(std::hint::black_box(vec![1_u8; words.size()]).len()),
            _ => return false,
        }
        true
    }

    fn say(&mut self, what: impl ToString) {
        self.said.push(what.to_string());
    }

    fn say_error<E: std::fmt::Debug>(&mut self, done: Result<(), E>) {
        self.say(done.map_or_else(|why| format!("{why:?}"), |()| "ok".into()));
    }
}

/// Does not end before the stack does.
fn down(depth: u64) -> u64 {
    if std::hint::black_box(depth) == u64::MAX {
        0
    } else {
        down(depth + 1) + std::hint::black_box(1)
    }
}

fn payload(text: &str) -> Vec<u8> {
    match text.strip_prefix('@').map(str::parse) {
        Some(Ok(size)) => vec![b'x'; size],
        _ => text.as_bytes().to_vec(),
    }
}

/// What is left of a command.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The next word, without the braces around it.
    fn next(&mut self) -> &'a str {
        let (word, rest) = split(self.0.trim_start(), char::is_whitespace);
        self.0 = rest;
        let inner = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
        inner.unwrap_or(word)
    }

    /// All of it.
    fn rest(&mut self) -> &'a str {
        let rest = std::mem::take(&mut self.0).trim();
        let inner = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        inner.unwrap_or(rest)
    }

    fn number(&mut self) -> u64 {
        self.next().parse().unwrap_or_default()
    }

    fn size(&mut self) -> usize {
        self.next().parse().unwrap_or_default()
    }

    fn milliseconds(&mut self) -> u32 {
        self.next().parse().unwrap_or_default()
    }

    fn route(&mut self) -> Vec<String> {
        match self.next() {
            "-" => Vec::new(),
            route => route.split(',').map(Into::into).collect(),
        }
    }
}

/// Up to the first letter of this kind outside of braces, and what is after it.
fn split(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    let mut depth = 0_u32;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            letter if depth == 0 && is_end(letter) => {
                let (before, after) = text.split_at(at);
                return (before, after.strip_prefix(letter).unwrap_or_default());
            }
            _ => {}
        }
    }
    (text, "")
}
