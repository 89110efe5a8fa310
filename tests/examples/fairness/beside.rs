//! What the neighbours of busy workers notice.

use skep_tests::Yard;
use skep_tests::times::{Times, title};

use crate::busy::{self, Kind, Measure};
use crate::probes::{self, Probes};
use crate::{SPAN, micros};

/// Nothing, and then ever more of each kind.
const ROWS: [(&str, Kind, usize); 14] = [
    ("nothing", Kind::Loops, 0),
    ("1 endless loop", Kind::Loops, 1),
    ("2 endless loops", Kind::Loops, 2),
    ("4 endless loops", Kind::Loops, 4),
    ("1 short handlers", Kind::Computing, 1),
    ("2 short handlers", Kind::Computing, 2),
    ("4 short handlers", Kind::Computing, 4),
    ("1 host calls", Kind::Calling, 1),
    ("2 host calls", Kind::Calling, 2),
    ("4 host calls", Kind::Calling, 4),
    ("2 ping-pong", Kind::Ring, 2),
    ("4 in a ring", Kind::Ring, 4),
    ("16 in a ring", Kind::Ring, 16),
    ("nothing again", Kind::Loops, 0),
];

/// What each column shows.
const COLUMNS: [&str; 8] = [
    "echo, once a ms",
    "3 hops, once a ms",
    "echo, flat out",
    "8 at a time",
    "native echo",
    "worker's timer, late",
    "sleep, late",
    "workers()",
];

pub(crate) async fn beside() {
    title("beside busy workers (us: p50 p99 max)");
    let measure = Measure::take().await;
    print!("{:17}", "");
    COLUMNS.iter().for_each(|column| print!(" | {column:^22}"));
    println!();
    for (label, kind, count) in ROWS {
        let mut yard = Yard::new().await;
        probes::prepare(&yard).await;
        busy::start(&yard, kind, count, measure).await;
        let probes = probes::measure(&mut yard, SPAN).await;
        show(label, &probes);
        yard.node.stop_now().await;
    }
}

fn show(label: &str, probes: &Probes) {
    let Probes { echo, hops, flat_out, crowd, native, timer, sleep, list } = probes;
    print!("{label:17}");
    for times in [echo, hops, flat_out, crowd, native, timer, sleep, list] {
        print!(" | {times}");
    }
    let tail = |times: &Times| micros(times.per_mille(999));
    let rate = |times: &Times| times.len() as f64 / (SPAN.as_secs_f64() / 2.0);
    println!(
        " | p99.9: echo {:.0}, hops {:.0}, flat out {:.0}, 8 at a time {:.0}; per s: {:.0}, {:.0}",
        tail(echo),
        tail(hops),
        tail(flat_out),
        tail(crowd),
        rate(flat_out),
        rate(crowd),
    );
}
