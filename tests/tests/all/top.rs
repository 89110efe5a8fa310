//! `skep top`, and `skep ps`, of few workers and of many.

use std::fs;

use serde_json::Value;

use crate::hive::Hive;

#[test]
fn what_is_done_in_a_second_is_shown() {
    let hive = Hive::start();
    let mut flood =
        hive.spawn(&["send", "bare", "x", "--count", "1000000000", "--outstanding", "8"]);
    crate::hive::until("it flows", || {
        let shown: Value = serde_json::from_str(&hive.done(&["ps", "bare", "--json"])).unwrap();
        shown["handled"].as_u64().unwrap() > 1_000
    });
    let sample: Value = serde_json::from_str(&hive.done(&["top", "--json"])).unwrap();
    let row = &sample["rows"][0];
    assert_eq!((&row["address"], &row["generation"]), (&"bare".into(), &1.into()));
    assert!(row["per_second"].as_f64().unwrap() > 1_000.0, "{sample}");
    assert!(row["fuel_per_second"].as_f64().unwrap() > 1_000.0, "{sample}");
    assert_eq!((&sample["workers"], &sample["more"]), (&7.into(), &0.into()));
    assert!(sample["per_second"].as_f64() >= row["per_second"].as_f64());
    flood.kill().unwrap();
    flood.wait().unwrap();

    // Where there is no terminal, plain tables.
    let table = hive.done(&["top", "--sort", "name", "--rows", "3", "--count", "2"]);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2 * 7 + 1, "{table}");
    assert!(lines[0].contains("7 workers, ") && lines[0].ends_with("; by name"), "{table}");
    assert!(lines[2].starts_with("ADDRESS   GEN  STATE "), "{table}");
    assert!(lines[3].starts_with("bare      1    ") && lines[5].starts_with("h1  "), "{table}");
    assert_eq!((lines[6], lines[7]), ("and 4 more", ""));
    assert!(!table.contains('\x1b'));
    hive.done(&["send", "puppet", "allocate 20000000; reply"]);
    let memory: Value =
        serde_json::from_str(&hive.done(&["top", "--json", "--sort", "memory", "--rows", "1"]))
            .unwrap();
    assert_eq!(memory["rows"][0]["address"], "puppet");
    assert_eq!(memory["more"], 6);
    hive.fails(&["top", "--sort", "beauty"], 2, &["messages, mailbox, fuel, memory"]);
    hive.done(&["stop"]);
    hive.fails(&["top"], 1, &["no node is running"]);
}

/// More of them than are told at a time.
#[test]
fn a_crowd_is_listed_page_by_page() {
    let home = tempfile::tempdir().unwrap();
    crate::hive::furnish(home.path(), "");
    let hop = |number| format!("crowd-{number:04}");
    for number in 0..2_500 {
        let file = home.path().join(format!("workers/{}.toml", hop(number)));
        fs::write(file, "component = \"bare-hop\"").unwrap();
    }
    // One that does not run is among them all the same.
    let broken = home.path().join("workers/crowd-0999.toml");
    fs::write(broken, "component = \"nothing\"").unwrap();
    let hive = Hive::on(home);
    let names = |text: &str| -> Vec<String> {
        let all: Vec<Value> = serde_json::from_str(text).unwrap();
        all.iter().map(|each| each["address"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(&hive.done(&["ps", "--json"]));
    assert!(all.len() == 2_507 && all.is_sorted_by(|a, b| a < b), "{all:?}");
    assert!((0..2_500).all(|number| all.contains(&hop(number))));
    let body = |path: &str| {
        let answer = hive.get("GET", path, "");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        (head.to_owned(), body.to_owned())
    };
    let (head, whole) = body("/ps");
    assert!(head.to_lowercase().contains("transfer-encoding: chunked"), "{head}");
    assert_eq!(whole.matches("\"address\":").count(), 2_507);
    let (_, page) = body("/ps?limit=3&after=crowd-0997&brief=true");
    assert_eq!(names(&page), ["crowd-0998", "crowd-0999", "crowd-1000"]);
    assert!(page.contains("there is no component") && !page.contains("\"limit\":"), "{page}");
    assert_eq!(body("/ps?limit=3&after=tireless").1, "[]");
    assert!(body("/node").1.contains("\"workers\":2507"));
    assert!(hive.get("GET", "/ps?limit=many", "").starts_with("HTTP/1.1 400"));
    let table = hive.done(&["ps"]);
    assert_eq!(table.lines().filter(|line| line.starts_with("crowd-")).count(), 2_500);
    let top: Value = serde_json::from_str(&hive.done(&["top", "--json", "--rows", "5"])).unwrap();
    assert_eq!((&top["workers"], &top["more"]), (&2_507.into(), &2_502.into()));
}

#[cfg(target_os = "linux")]
mod on_a_terminal {
    use std::io::{BufReader, Read, Write};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::hive::skep;

    /// What a terminal of ten lines shows, until something is said there and after. Then how
    /// the terminal is set.
    fn shown(hive: &Hive, until: &str, say: impl FnOnce(&mut dyn Write)) -> String {
        let skep = skep().get_program().to_owned();
        let top = format!("{} --dir {} top", skep.display(), hive.path().display());
        let mut script = Command::new("script");
        let command = format!("stty rows 10 cols 100; {top}; echo code $?; stty -a");
        script.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm");
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut out, mut all) = (BufReader::new(script.stdout.take().unwrap()), Vec::new());
        let began = Instant::now();
        while !String::from_utf8_lossy(&all).contains(until) {
            let mut byte = [0];
            assert_eq!(out.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&all));
            all.push(byte[0]);
            assert!(began.elapsed() < Duration::from_secs(30), "no `{until}`");
        }
        say(script.stdin.as_mut().unwrap());
        out.read_to_end(&mut all).unwrap();
        drop(script.stdin.take());
        script.wait().unwrap();
        String::from_utf8(all).unwrap()
    }

    fn is_restored(shown: &str) {
        let (screen, after) = shown.split_once("\x1b[?1049l").unwrap();
        assert!(screen.contains("\x1b[?1049h") && screen.ends_with("\x1b[?7h\x1b[?25h"), "{shown}");
        assert!(after.contains("code 0") && !after.contains("-icanon"), "{shown}");
        assert!(!after.contains("-isig") && !after.contains(" -echo "), "{shown}");
    }

    #[test]
    fn it_is_watched_and_left_as_it_was() {
        let mut hive = Hive::start();
        // Seven workers, a line for the sum, one that is empty, one of heads: all fit but one.
        let shown_1 = shown(&hive, "and 1 more", |keys| keys.write_all(b"q").unwrap());
        assert!(
            shown_1.contains("7 workers, ") && shown_1.contains("bare-hop  1    "),
            "{shown_1}"
        );
        is_restored(&shown_1);
        is_restored(&shown(&hive, "by messages", |keys| keys.write_all(b"\x03").unwrap()));
        let sorted = shown(&hive, "by messages", |keys| {
            keys.write_all(b"\x1b[As").unwrap();
            keys.flush().unwrap();
            std::thread::sleep(Duration::from_millis(500));
            keys.write_all(b"q").unwrap();
        });
        assert!(sorted.contains("by mailbox"), "{sorted}");
        // When the node ends, so does it.
        let ended = shown(&hive, "by messages", |_| _ = hive.run(&["stop"]));
        assert!(ended.contains("has stopped"), "{ended}");
        is_restored(&ended);
        assert_eq!(hive.ended(), Some(0));
    }
}
