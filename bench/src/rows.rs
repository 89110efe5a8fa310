//! What is compared, and what is aimed at. The aims are those of the project's design.

use crate::figures::Figure::{self, KibEach, P50, P99, P999, PerSecond, Workers};
use crate::sides::Probe;
use crate::sides::Side::{self, Extism, Floor, Ockam, Rusm};

/// A line of the report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) skep: Value,
    pub(crate) peer: Option<(&'static str, Value)>,
    pub(crate) aim: Aim,
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// A figure of a run.
    One(Probe, Figure),
    /// What the second has more than the first.
    More(Probe, Probe, Figure),
}

/// What is aimed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    None,
    /// The ratio, Skep's to the peer's.
    AtMost(f64),
    AtLeast(f64),
    /// Skep's own number.
    Most(f64),
    Least(f64),
}

impl Aim {
    /// Whether it is reached; none where nothing is aimed at, or it cannot be told.
    pub(crate) fn is_met(self, skep: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Self::None => None,
            Self::AtMost(most) => ratio.map(|ratio| ratio <= most),
            Self::AtLeast(least) => ratio.map(|ratio| ratio >= least),
            Self::Most(most) => Some(skep <= most),
            Self::Least(least) => Some(skep >= least),
        }
    }
}

impl Value {
    /// What has to be run for it.
    pub(crate) fn probes(self) -> impl Iterator<Item = Probe> {
        let (one, other) = match self {
            Self::One(probe, _) => (probe, None),
            Self::More(less, more, _) => (less, Some(more)),
        };
        std::iter::once(one).chain(other)
    }
}

const fn probe(side: Side, words: &'static str, count: usize) -> Probe {
    Probe { side, words, count }
}

const fn one(side: Side, words: &'static str, count: usize, figure: Figure) -> Value {
    Value::One(probe(side, words, count), figure)
}

const fn skep(words: &'static str, count: usize, figure: Figure) -> Value {
    one(Side::Skep, words, count, figure)
}

const fn row(
    name: &'static str,
    unit: &'static str,
    skep: Value,
    peer: (&'static str, Value),
    aim: Aim,
) -> Row {
    Row { name, unit, skep, peer: Some(peer), aim }
}

const fn alone(name: &'static str, unit: &'static str, skep: Value, aim: Aim) -> Row {
    Row { name, unit, skep, peer: None, aim }
}

const OCKAM: &str = "Ockam, native";
const RUSM: &str = "RUSM, sandboxed";
const EXTISM: &str = "Extism, sandboxed";
const MPSC: &str = "tokio mpsc";
const WASMTIME: &str = "bare wasmtime";
const TCP: &str = "bare TCP";

const ECHO: &str = "echo";
const ECHO_1K: &str = "echo --size 1024";
const HOP: &str = "echo --hops 1";
const OUT: &str = "echo --outstanding 64";
const OPEN: &str = "open --rate 50000 --seconds 2";
const N: usize = 200_000;

const fn hop(side: Side) -> Value {
    Value::More(probe(side, ECHO, N), probe(side, HOP, N), P50)
}

/// All lines, in the order of the report. It is read as a table.
#[rustfmt::skip]
pub(crate) const ALL: &[Row] = &[
    row("echo, 16 B", "us", skep(ECHO, N, P50), (OCKAM, one(Ockam, ECHO, N, P50)), Aim::AtMost(0.35)),
    row("echo, 16 B", "us", skep(ECHO, N, P50), (RUSM, one(Rusm, ECHO, N, P50)), Aim::AtMost(0.8)),
    row("echo, 16 B", "us", skep(ECHO, N, P50), (EXTISM, one(Extism, ECHO, N, P50)), Aim::None),
    row("echo, 16 B", "us", skep(ECHO, N, P50), (MPSC, one(Floor, "mpsc", N, P50)), Aim::AtMost(2.5)),
    row("echo, 1 KiB", "us", skep(ECHO_1K, N, P50), (OCKAM, one(Ockam, ECHO_1K, N, P50)), Aim::AtMost(0.35)),
    row("echo, 1 KiB", "us", skep(ECHO_1K, N, P50), (RUSM, one(Rusm, ECHO_1K, N, P50)), Aim::AtMost(0.8)),
    row("echo, 1 KiB", "us", skep(ECHO_1K, N, P50), (EXTISM, one(Extism, ECHO_1K, N, P50)), Aim::None),
    row("echo, the call alone", "us", skep(ECHO, N, P50), (WASMTIME, one(Floor, "call", N, P50)), Aim::None),
    row("echo between two workers", "us", skep("pair", N, P50), (RUSM, one(Rusm, "pair", N, P50)), Aim::AtMost(0.8)),
    row("one hop more", "us", hop(Side::Skep), (OCKAM, hop(Ockam)), Aim::AtMost(0.6)),
    row("64 outstanding", "1/s", skep(OUT, 2 * N, PerSecond), (OCKAM, one(Ockam, OUT, 2 * N, PerSecond)), Aim::AtLeast(5.0)),
    row("64 outstanding", "1/s", skep(OUT, 2 * N, PerSecond), (RUSM, one(Rusm, OUT, 2 * N, PerSecond)), Aim::AtLeast(1.0)),
    row("one way between two workers", "1/s", skep("one-way", 5 * N, PerSecond), (RUSM, one(Rusm, "one-way", 5 * N, PerSecond)), Aim::AtLeast(1.0)),
    row("start and stop, no instance", "us", skep("start", N / 4, P50), (OCKAM, one(Ockam, "start", N / 4, P50)), Aim::AtMost(1.0)),
    row("start, first reply, stop", "us", skep("first", N / 20, P50), (WASMTIME, one(Floor, "first-floor", N / 20, P50)), Aim::AtMost(1.3)),
    row("start, first reply, stop", "us", skep("first", N / 20, P50), (RUSM, one(Rusm, "first", N / 20, P50)), Aim::None),
    row("start, first reply, stop", "us", skep("first", N / 20, P50), (EXTISM, one(Extism, "first", N / 20, P50)), Aim::None),
    row("idle: asleep", "KiB", skep("asleep --workers 20000", 0, KibEach), (OCKAM, one(Ockam, "idle --workers 20000", 0, KibEach)), Aim::Most(2.0)),
    row("idle: live", "KiB", skep("idle --workers 900", 0, KibEach), (RUSM, one(Rusm, "idle --workers 900", 0, KibEach)), Aim::Most(36.0)),
    row("idle: live", "KiB", skep("idle --workers 900", 0, KibEach), (EXTISM, one(Extism, "idle --workers 900", 0, KibEach)), Aim::None),
    row("wake: restore and first reply", "us", skep("wake", 4_000, P50), (WASMTIME, one(Floor, "wake-floor", 4_000, P50)), Aim::AtMost(1.5)),
    row("echo p99 beside 2 spinners", "us", skep("spinners --loops 2 --seconds 3", 0, P99), (RUSM, one(Rusm, "spinners --loops 2 --seconds 3", 0, P99)), Aim::Most(1_000.0)),
    row("echo p99 beside 2 spinners", "us", skep("spinners --loops 2 --seconds 3", 0, P99), (EXTISM, one(Extism, "spinners --loops 2 --seconds 3", 0, P99)), Aim::None),
    row("echo p99 beside 4 spinners", "us", skep("spinners --loops 4 --seconds 3", 0, P99), (RUSM, one(Rusm, "spinners --loops 4 --seconds 3", 0, P99)), Aim::Most(1_000.0)),
    row("echo p99 beside 4 spinners", "us", skep("spinners --loops 4 --seconds 3", 0, P99), (EXTISM, one(Extism, "spinners --loops 4 --seconds 3", 0, P99)), Aim::None),
    alone("1 ms timer beside 4 spinners, late p99", "us", skep("timers --loops 4 --seconds 3", 0, P99), Aim::Most(3_000.0)),
    row("50,000 a second, p99", "us", skep(OPEN, 0, P99), (OCKAM, one(Ockam, OPEN, 0, P99)), Aim::AtMost(1.0)),
    row("50,000 a second, p99.9", "us", skep(OPEN, 0, P999), (OCKAM, one(Ockam, OPEN, 0, P999)), Aim::AtMost(1.0)),
    row("50,000 a second, p99", "us", skep(OPEN, 0, P99), (RUSM, one(Rusm, OPEN, 0, P99)), Aim::AtMost(1.0)),
    row("50,000 a second, p99.9", "us", skep(OPEN, 0, P999), (RUSM, one(Rusm, OPEN, 0, P999)), Aim::AtMost(1.0)),
    row("tcp echo", "us", skep("tcp", N / 4, P50), (OCKAM, one(Ockam, "tcp", N / 4, P50)), Aim::AtMost(0.6)),
    row("tcp echo", "us", skep("tcp", N / 4, P50), (TCP, one(Floor, "tcp-floor", N / 4, P50)), Aim::None),
    row("tcp outstanding, 64", "1/s", skep("tcp --outstanding 64", N, PerSecond), (OCKAM, one(Ockam, "tcp --outstanding 64", N, PerSecond)), Aim::AtLeast(5.0)),
    row("secure echo", "us", skep("secure", N / 5, P50), (OCKAM, one(Ockam, "secure", N / 5, P50)), Aim::AtMost(0.5)),
    row("secure outstanding, 64", "1/s", skep("secure --outstanding 64", N / 2, PerSecond), (OCKAM, one(Ockam, "secure --outstanding 64", N / 2, PerSecond)), Aim::None),
    row("secure handshake", "us", skep("handshake", 200, P50), (OCKAM, one(Ockam, "handshake", 200, P50)), Aim::AtMost(0.5)),
    alone("reload, longest wait, 64 KiB of state", "us", skep("reload --size 65536", 200, P50), Aim::Most(400.0)),
    alone("reload, longest wait, p99", "us", skep("reload --size 65536", 200, P99), Aim::None),
    alone("workers asleep in a process", "", skep("million --workers 1000000", 0, Workers), Aim::Least(1_000_000.0)),
    alone("asleep, of a million", "KiB", skep("million --workers 1000000", 0, KibEach), Aim::Most(2.0)),
    alone("wake among a million, p99", "us", skep("million --workers 1000000", 0, P99), Aim::None),
    alone("echo among 100 workers", "us", skep("echo --workers 100", N, P50), Aim::None),
    alone("echo among 10,000 workers", "us", skep("echo --workers 10000", N, P50), Aim::None),
    alone("echo among 100,000 workers", "us", skep("echo --workers 100000", N, P50), Aim::None),
    row("echo, 64 KiB", "us", skep("echo --size 65536", N / 4, P50), (OCKAM, one(Ockam, "echo --size 65536", N / 4, P50)), Aim::None),
    row("echo, 1 MiB", "us", skep("echo --size 1048576", 2_000, P50), (OCKAM, one(Ockam, "echo --size 1048576", 2_000, P50)), Aim::None),
    row("4 outstanding", "1/s", skep("echo --outstanding 4", N, PerSecond), (OCKAM, one(Ockam, "echo --outstanding 4", N, PerSecond)), Aim::None),
    row("1,024 outstanding", "1/s", skep("echo --outstanding 1024", 2 * N, PerSecond), (OCKAM, one(Ockam, "echo --outstanding 1024", 2 * N, PerSecond)), Aim::None),
    row("echo over 4 hops", "us", skep("echo --hops 4", N / 4, P50), (OCKAM, one(Ockam, "echo --hops 4", N / 4, P50)), Aim::None),
    row("echo over 15 hops", "us", skep("echo --hops 15", N / 10, P50), (OCKAM, one(Ockam, "echo --hops 15", N / 10, P50)), Aim::None),
    row("echo on 1 thread", "us", skep("echo --threads 1", N, P50), (OCKAM, one(Ockam, "echo --threads 1", N, P50)), Aim::None),
];
