//! What the control socket of a node notices of its workers.

use std::time::{Duration, Instant};

use skep_tests::times::{Times, title};

use crate::SPAN;
use crate::busy::{self, Measure};
use crate::hive::Hive;

/// The pause between two questions.
const PACE: Duration = Duration::from_millis(2);

pub(crate) async fn socket() {
    title("the control socket of `skep run` (us: p50 p99 max)");
    let measure = Measure::take().await;
    println!("{:17} {:^22} | {:^22}", "beside", "GET /ps", "POST /send bare");
    for count in [0, 1, 2, 4] {
        show(&format!("{count} endless loops"), count, |hive, number| {
            send(hive, &format!("loop{number}"), "\"loop\"");
        });
    }
    for (label, message) in
        [("short handlers", measure.computing()), ("host calls", measure.calling())]
    {
        for count in [2, 4] {
            show(&format!("{count} {label}"), count, |hive, number| {
                let own = format!("w{number}");
                let hex = hex(&busy::payload(message.0, message.1, &own));
                for _ in 0..2 {
                    send(hive, &own, &format!("{{\"hex\":\"{hex}\"}}"));
                }
            });
        }
    }
}

fn show(label: &str, count: usize, begin: impl Fn(&Hive, usize)) {
    let hive = Hive::start(count);
    (0..count).for_each(|number| begin(&hive, number));
    std::thread::sleep(Duration::from_millis(200));
    let (mut list, mut echo) = (Times::default(), Times::default());
    let until = Instant::now() + SPAN;
    while Instant::now() < until {
        std::thread::sleep(PACE);
        let began = Instant::now();
        hive.ask("GET", "/ps", "");
        list.add(began.elapsed());
        std::thread::sleep(PACE);
        let began = Instant::now();
        hive.ask("POST", "/send", "{\"route\":\"bare\",\"payload\":\"hello\"}");
        echo.add(began.elapsed());
    }
    println!("{label:17} {list} | {echo}");
}

fn send(hive: &Hive, to: &str, payload: &str) {
    let order = format!("{{\"route\":\"{to}\",\"payload\":{payload},\"no_reply\":true}}");
    hive.ask("POST", "/send", &order);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
