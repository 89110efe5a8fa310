//! Wrong use of the command, and terminals: what a person sees.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::hive::{Hive, failed, output, skep};

fn run(arguments: &[&str]) -> std::process::Output {
    skep().args(arguments).output().unwrap()
}

/// What is quoted from a command line cannot act on the terminal.
#[test]
fn mistakes_are_quoted_safely() {
    let red = "\x1b[31mred\u{202e}\r\nerror: forged";
    let cases: [(&[&str], &str); 8] = [
        (&["ps", "a", red], "unexpected argument"),
        (&[red], "unrecognized subcommand"),
        (&[&format!("--{red}")], "unexpected argument"),
        (&["send", "bare", "x", "--timeout", red], "invalid value"),
        (&["send", "bare", "x", "--count", red], "invalid value"),
        (&["send", red, "x,,y"], "invalid value"),
        (&["dead-letters", "show", red], "in digits"),
        (&["dead-letters", red], "unrecognized subcommand"),
    ];
    for (arguments, words) in cases {
        let output = run(arguments);
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        failed(&output, 2, &[words]);
        assert!(!said.contains(['\x1b', '\r', '\u{202e}']), "{said:?}");
        assert!(said.contains("\\u{1b}[31mred"), "{said}");
        assert!(!said.contains("\nerror: forged"), "{said}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [["--help"], ["--version"]] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty() && !output.stdout.contains(&0x1b));
        assert!(String::from_utf8(output.stdout).unwrap().contains("skep"));
    }
    assert!(String::from_utf8(run(&["run", "--help"]).stdout).unwrap().contains("0.3 s"));
    // Whoever says nothing is shown what can be said.
    failed(&run(&[]), 2, &["Usage: skep", "dead-letters"]);
    // What the environment says is not shown.
    let mut help = skep();
    let output = help.arg("--help").env("SKEP_DIR", "\x1b[31m").output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

/// A reader who has gone is no error, and no reason to panic.
#[test]
fn closed_pipes() {
    let hive = Hive::start();
    for arguments in
        [&["ps"][..], &["ps", "--json"], &["send", "bare", "x"], &["--help"], &["stop", "h1"]]
    {
        let mut command = hive.spawn(arguments);
        drop(command.stdout.take());
        let output = output(command);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
    for arguments in ["ps nobody", "ps --nothing"] {
        let mut command = hive.spawn(&arguments.split(' ').collect::<Vec<_>>());
        drop(command.stderr.take());
        let code = output(command).status.code();
        assert!(matches!(code, Some(1 | 2)), "{arguments}: {code:?}");
    }
}

#[test]
fn the_directory_is_found() {
    let hive = Hive::start();
    let path = hive.path().to_str().unwrap();
    let by = |name: &str, value: &str, arguments: &[&str]| {
        skep().env(name, value).args(arguments).output().unwrap()
    };
    assert!(by("SKEP_DIR", path, &["ps"]).status.success());
    assert!(by("SKEP_DIR", "/nowhere", &["ps", "--dir", path]).status.success());
    let nowhere = by("SKEP_DIR", "/nowhere", &["ps"]);
    failed(&nowhere, 1, &["no node is running on /nowhere", "skep run /nowhere", "SKEP_DIR"]);
    // An empty variable says nothing, as elsewhere.
    failed(&by("SKEP_DIR", "", &["ps"]), 1, &["no node is running on hive"]);
    let file = hive.path().join("node.toml");
    failed(&by("SKEP_DIR", file.to_str().unwrap(), &["ps"]), 1, &["is not a directory"]);
    let beside = skep().arg("ps").current_dir(path).output().unwrap();
    failed(&beside, 1, &["no node is running on hive"]);
}

/// Of a path only the last folder is made, and that is said.
#[test]
fn a_mistyped_directory_is_not_made() {
    let home = tempfile::tempdir().unwrap();
    let (typo, new) = (home.path().join("typo/hive"), home.path().join("hive"));
    let shown = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let output = run(&["run", &shown(&typo)]);
    failed(&output, 1, &[&shown(&typo), "cannot be made, since there is no", "make that first"]);
    let bare = home.path().join("bare.wasm");
    std::fs::write(&bare, skep_tests::guests::guest("bare")).unwrap();
    let deploy = |to: &std::path::Path| run(&["--dir", &shown(to), "deploy", &shown(&bare)]);
    failed(&deploy(&typo), 1, &["cannot be made, since there is no"]);
    assert!(!home.path().join("typo").exists());
    let deployed = String::from_utf8(deploy(&new).stdout).unwrap();
    assert!(deployed.starts_with(&format!("made the directory {}\n", shown(&new))), "{deployed}");
    assert!(!String::from_utf8(deploy(&new).stdout).unwrap().contains("made"));
    std::fs::remove_dir_all(&new).unwrap();
    let mut node = skep().arg("run").arg(&new).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(node.stdout.take().unwrap());
    let mut told = String::new();
    while !told.contains("ready: ") {
        assert_ne!(std::io::BufRead::read_line(&mut lines, &mut told).unwrap(), 0, "{told}");
    }
    node.kill().unwrap();
    node.wait().unwrap();
    assert!(told.contains(&format!("made the directory {}\n", shown(&new))), "{told}");
}

#[test]
fn payloads_that_cannot_be() {
    let hive = Hive::start();
    hive.fails(&["send", "bare", "{x", "--msgpack"], 2, &["not JSON", "--msgpack takes JSON"]);
    hive.fails(&["send", "bare", "0g", "--hex"], 2, &["not hexadecimal", "`0g`"]);
    let large = |arguments: &[&str], byte: &str| {
        let mut command = hive.command(arguments);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut send = command.spawn().unwrap();
        let mut stdin = send.stdin.take().unwrap();
        let bytes = byte.repeat((1 << 20) + 1);
        // It need not read all that it is given.
        let _ = stdin.write_all(bytes.as_bytes());
        drop(stdin);
        failed(&output(send), 1, &["1048576", "in parts"]);
    };
    large(&["send", "bare", "-"], "x");
    large(&["send", "bare", "-", "--hex"], "00");
}

/// What a command shows on a terminal, which `script` lends it.
#[cfg(target_os = "linux")]
fn on_a_terminal(variable: &str, arguments: &str) -> String {
    let command = format!("{} {arguments}", skep().get_program().display());
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm");
    // Set where tests run by themselves; some programs colour more then.
    script.env("CI", "true");
    let (name, value) = variable.split_once('=').unwrap();
    let output = script.env(name, value).stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn colours_are_for_terminals_that_want_them() {
    let home = tempfile::tempdir().unwrap();
    // A file where the directory should be: it says that it starts, and ends.
    let file = home.path().join("hive");
    std::fs::write(&file, "").unwrap();
    for arguments in ["--help".to_owned(), format!("run {}", file.display())] {
        assert!(on_a_terminal("NO_COLOR=", &arguments).contains("\x1b["), "{arguments}");
        for plain in ["NO_COLOR=1", "TERM=dumb"] {
            let shown = on_a_terminal(plain, &arguments);
            assert!(shown.contains("skep") || shown.contains("starting: "), "{shown}");
            assert!(!shown.contains('\x1b'), "{plain}: {shown:?}");
        }
    }
}

#[test]
fn shells_are_told_what_there_is() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("dead-letters") && script.contains("outstanding"), "{shell}");
    }
    failed(&run(&["completions", "sh"]), 2, &["bash, elvish, fish, powershell, zsh"]);
}

/// Whoever takes `run/` away takes the lock's file, and not the lock.
#[test]
fn a_directory_has_one_node_whatever_is_deleted() {
    let hive = Hive::start();
    std::fs::remove_dir_all(hive.path().join("run")).unwrap();
    let second = skep().arg("run").arg(hive.path()).output().unwrap();
    failed(&second, 1, &["already running"]);
}
