//! Files as people write them, and what they are told when something in them is wrong.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn manifest(text: &str) -> Result<WorkerOptions, ConfigError> {
    Manifest::parse(text, "echoer.toml")?.into_options(&NodeConfig::default())
}

#[track_caller]
fn refused(text: &str, words: &str) {
    let error = manifest(text).expect_err("it is refused").to_string();
    assert!(error.starts_with("echoer.toml") && error.contains(words), "{error}");
}

#[test]
fn an_empty_manifest_is_the_default() {
    assert_eq!(manifest(""), Ok(WorkerOptions::default()));
}

#[test]
fn every_key_is_read() {
    let node = r#"
        [node]
        drain = "10s"
        threads = 3
        memory = "4GiB"
        cache = "1MiB"
        component = "1MiB"
        compile = "5s"
        hops = 9
        listen = ["127.0.0.1:4000"]
        relay = ["10.0.0.5:4000", "*.bees.org:*"]
        [links]
        peers = 7
        peers-of-host = 6
        idle = "9s"
        [ceiling]
        grants = ["start-workers"]
        addresses = ["echo", "e"]
        network = ["10.0.0.0/8:*"]
        [ceiling.limits]
        memory = "128MiB"
        children = 1000
        [workers.other]
        component = "echoer"
        grants = ["stop-node"]
    "#;
    let node = NodeConfig::parse(node, "node.toml").expect("settings");
    assert_eq!(node.drain(), Duration::from_secs(10));
    assert_eq!(
        (node.threads(), node.memory(), node.cache()),
        (Some(3), Some(4 << 30), Some(1 << 20))
    );
    assert_eq!(
        (node.component(), node.compile(), node.hops()),
        (1 << 20, Duration::from_secs(5), 9)
    );
    #[cfg(feature = "tcp")]
    assert_eq!((node.links().peers, node.links().peers_of_host), (7, Some(6)));
    #[cfg(feature = "tcp")]
    assert_eq!(node.links().idle, Duration::from_secs(9));
    #[cfg(feature = "tcp")]
    assert!(node.relay().names("10.0.0.5", 4_000) && node.listen() == ["127.0.0.1:4000"]);
    let text = r#"
        component = "echoer"
        address = ["echo"]
        args = "a b"
        config = { greeting = "hello", "a b" = "" }
        grants = ["start-workers"]
        access = "peers"
        network = ["10.1.0.0/16:4000"]
        mailbox = { messages = 7, bytes = "1MiB", overflow = "drop-oldest" }
        full = "wait"
        idempotent = true
        needs = ["counter"]
        save = "every-message"
        stateless = true
        sleep = "5m"
        restart = "temporary"
        trial = 3
        [limits]
        memory = "100MiB"
        fuel = 1_000
        deadline = "500ms"
        children = 70
    "#;
    let manifest = Manifest::parse(text, "echoer.toml").expect("a manifest");
    assert_eq!(manifest.component.as_ref().map(WorkerName::as_str), Some("echoer"));
    let options = manifest.into_options(&node).expect("options");
    let limits = Limits {
        memory: 100 << 20,
        fuel: 1_000,
        deadline: Duration::from_millis(500),
        children: 70,
        mailbox_messages: 7,
        mailbox_bytes: 1 << 20,
        ..Limits::default()
    };
    let config =
        [("greeting", "hello"), ("a b", "")].map(|(key, value)| (key.into(), value.into()));
    let expected = WorkerOptions {
        args: b"a b".to_vec(),
        config: config.into(),
        grants: vec![Grant::StartWorkers],
        addresses: vec![skep_protocol::Address::local(b"echo")],
        needs: vec![skep_protocol::Address::local(b"counter")],
        access: Access::Peers,
        network: Network::of(["10.1.0.0/16:4000"]).expect("a list"),
        limits,
        overflow: Overflow::DropOldest,
        wait: true,
        idempotent: true,
        save: Save::EveryMessage,
        stateless: true,
        sleep: Sleep::After(Duration::from_secs(300)),
        restart: Restart::Temporary,
        trial: Trial(3),
    };
    assert_eq!(options, expected);
    // What the node's own file says of a worker is not bound by the ceiling in it.
    let (name, other) = node.workers().next().expect("a worker");
    assert_eq!(name.as_str(), "other");
    let options = other.clone().into_options(&node).expect("options");
    assert_eq!(options.grants, [Grant::StopNode]);
}

#[test]
fn what_was_meant_is_named_with_its_line() {
    refused("\nadress = []", "echoer.toml:2: unknown key `adress`");
    refused("\nadress = []", "did you mean `address`?");
    refused("fuel = 3", "it belongs under [limits]");
    refused("memory = \"1MiB\"", "it belongs under [limits]");
    refused("[limits]\nmemori = 1", "echoer.toml:2: unknown key `memori`");
    refused("[limits]\nmemori = 1", "did you mean `memory`?");
    refused("[limits]\nmailbox_bytes = 1", "did you mean `mailbox-bytes`?");
    refused("grants = [\"start-worker\"]", "did you mean `start-workers`?");
    refused("full = \"fial\"", "did you mean `fail`?");
    refused("access = \"peer\"", "did you mean `peers`?");
    refused("network = [\"a\"]", "`a` is not a host and port");
    refused("restart = \"permament\"", "did you mean `permanent`?");
    refused("save = \"often\"", "expected \"handover\", \"every-message\", or a number");
    refused("sleep = \"never\"", "a time such as \"60s\", or \"seldom\"");
    refused("mailbox = { overflow = \"drop\" }", "`mailbox.overflow`: unknown word `drop`");
    refused("limits = { memory = \"64MB\" }", "a size such as \"64MiB\"");
    refused("limits = { deadline = 2 }", "a time such as \"2s\"");
    refused("limits = { fuel = -1 }", "echoer.toml:1:");
    refused("component = \"../x\"", "cannot be the name of a worker");
    refused("address = [\"app\"]", "it is the program that the node runs in");
    refused("config = { a = 1 }", "`config.a`: expected a text in quotes, not the number `1`");
    refused("a = = 1", "echoer.toml:1:");
    refused("args = \"a\"\nargs = \"b\"", "echoer.toml:2:");
}

/// In words of the file, with the key; none of Rust.
#[test]
fn what_a_value_has_to_be_is_said() {
    refused("\nlimits = 3", "echoer.toml:2: `limits`: expected a table of limits: { memory = ");
    refused("\nlimits = 3", ", not the number `3`");
    refused(
        "limits.fuel = \"much\"",
        "`limits.fuel`: expected a whole number from 0, not the text",
    );
    refused(
        "limits.timers = -1",
        "`limits.timers`: expected a whole number from 0, not the number",
    );
    refused(
        "limits.failures = 1.5",
        "expected a whole number from 0 to 4294967295, not the number",
    );
    refused("limits = { memory = true }", "`limits.memory`: expected a size such as \"64MiB\"");
    refused("mailbox = 1", "`mailbox`: expected a table: { messages, bytes, overflow }, not the");
    refused("idempotent = \"yes\"", "`idempotent`: expected true or false, not the text \"yes\"");
    refused("address = \"x\"", "`address`: expected an array: [\"…\"], not the text \"x\"");
    refused("grants = [1]", "`grants[0]`: ");
    refused("restart = 1", "`restart`: ");
    refused("args = 1979-05-27", "`args`: expected a text in quotes, not ");
    refused("address = [\"a\", \"A\"]", "`address[1]`: ");
    let error = |text| NodeConfig::parse(text, "node.toml").expect_err("refused").to_string();
    let threads = "node.toml:2: `node.threads`: expected a whole number from 1 to 65535, not the \
        number `0`";
    assert_eq!(error("[node]\nthreads = 0"), threads);
    assert!(error("workers = 1").contains("`workers`: expected a table, not the number `1`"));
    assert!(error("workers.x = 1").contains("`workers.x`: expected a table: the settings of a"));
    for words in ["struct", "map", "sequence", "u16", "usize", "variant", "field", "enum", "tuple"]
    {
        for text in [
            "limits = 1",
            "limits.fuel = []",
            "limits.timers = {}",
            "mailbox = 1",
            "config = 1",
            "address = 1",
            "grants = {}",
            "grants = [{}]",
            "full = 1",
            "full = {}",
            "restart = {}",
            "restart = [1, 2]",
            "component = 1",
            "component = {}",
            "save = {}",
            "sleep = {}",
            "mailbox.overflow = 1",
            "mailbox.messages = \"1\"",
            "x = 1",
            "limits.x = 1",
            "full = \"x\"",
            "idempotent = 1",
            "args = []",
            "limits.deadline = {}",
        ] {
            let said = manifest(text).expect_err(text).to_string();
            assert!(!said.contains(words), "{text}: {said}");
        }
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    refused("mailbox.bytes = 1\nlimits.mailbox-bytes = 1", "are the same; keep one");
    refused("mailbox.messages = 1\nlimits.mailbox-messages = 1", "are the same; keep one");
    refused("limits.fuel = 0", "with `fuel` 0 no worker can handle a message");
    let node = NodeConfig::parse("ceiling.limits.memory = 0", "node.toml").expect_err("refused");
    assert!(node.to_string().starts_with("node.toml: with `ceiling.limits.memory` 0"));
}

#[test]
fn what_is_beyond_the_ceiling_comes_with_the_lines_that_would_allow_it() {
    let text = "grants = [\"stop-node\"]\naddress = [\"echo\"]\n[limits]\nmemory = \"128MiB\"\ndeadline = \"3s\"";
    let given = "ceiling.grants = [\"start-workers\"]";
    let node = NodeConfig::parse(given, "node.toml").expect("settings");
    let manifest = Manifest::parse(text, "echoer.toml").expect("a manifest");
    let error = manifest.clone().into_options(&node).expect_err("too much").to_string();
    let (asked, lines) = error.split_once("node.toml:\n").expect("lines");
    assert_eq!(
        asked,
        "echoer.toml asks for the grant `stop-node` and the address `echo` and `memory = \"128MiB\"` and `deadline = \"3s\"`, beyond what this node gives; to give it, write into "
    );
    assert_eq!(
        lines,
        "[ceiling]\ngrants = [\"start-workers\", \"stop-node\"]\naddresses = [\"echo\"]\n\n[ceiling.limits]\nmemory = \"128MiB\"\ndeadline = \"3s\""
    );
    let node = NodeConfig::parse(lines, "node.toml").expect("settings");
    assert_eq!(manifest.into_options(&node).map(|options| options.limits.memory), Ok(128 << 20));
}

/// Other nodes reach a worker where this node listens for them, unless the ceiling says
/// otherwise; hosts are never given unasked.
#[test]
fn exposure_and_hosts_are_given_by_the_node() {
    let asked = Manifest::parse("access = \"peers\"", "echoer.toml").expect("a manifest");
    let given = |text: &str| {
        let node = NodeConfig::parse(text, "node.toml").expect("settings");
        asked.clone().into_options(&node).map_err(|why| why.to_string())
    };
    let refusal = given("").expect_err("it listens nowhere");
    assert!(refusal.contains("`access = \"peers\"`"), "{refusal}");
    let (_, lines) = refusal.split_once("node.toml:\n").expect("lines");
    for text in [lines, "node.listen = [\"127.0.0.1:1\"]"] {
        assert_eq!(given(text).map(|options| options.access), Ok(Access::Peers), "{text}");
    }
    let closed = "node.listen = [\"127.0.0.1:1\"]\nceiling.access = \"local\"";
    assert!(given(closed).is_err());
    let asked = "network = [\"a.b:1\", \"10.0.0.1:2\"]";
    let asked = Manifest::parse(asked, "echoer.toml").expect("a manifest");
    let node = NodeConfig::parse("ceiling.network = [\"a.b:*\"]", "node.toml").expect("settings");
    let refusal = asked.clone().into_options(&node).expect_err("not listed").to_string();
    assert!(refusal.contains("asks for the host `10.0.0.1:2`, beyond"), "{refusal}");
    let (_, lines) = refusal.split_once("node.toml:\n").expect("lines");
    assert_eq!(lines, "[ceiling]\nnetwork = [\"a.b:*\", \"10.0.0.1:2\"]");
    let node = NodeConfig::parse(lines, "node.toml").expect("settings");
    assert!(asked.into_options(&node).is_ok());
}

#[test]
fn a_low_ceiling_lowers_the_defaults() {
    let node =
        NodeConfig::parse("ceiling.limits.memory = \"1MiB\"", "node.toml").expect("settings");
    let options = Manifest::default().into_options(&node).expect("options");
    assert_eq!(options.limits, Limits { memory: 1 << 20, ..Limits::default() });
    let manifest = Manifest::parse("limits.memory = \"2MiB\"", "echoer.toml").expect("a manifest");
    assert!(manifest.into_options(&node).is_err());
}

#[test]
fn the_nodes_file_is_strict_too() {
    let error = |text| NodeConfig::parse(text, "node.toml").expect_err("refused").to_string();
    assert!(error("[ceilling]").contains("did you mean `ceiling`?"));
    assert!(error("[workers.x]\nargz = \"\"").starts_with("node.toml:2: unknown key `argz`"));
    assert!(error("[workers.X]").contains("cannot be the name of a worker"));
    assert!(error("node.threads = 0").starts_with("node.toml:1:"));
    assert!(
        error("[workers.x]\nmailbox.bytes = 1\nlimits.mailbox-bytes = 1")
            .starts_with("node.toml [workers.x]: ")
    );
    let config = NodeConfig::parse("", "node.toml").expect("settings");
    assert_eq!((config.drain(), config.threads()), (Duration::from_secs(5), None));
    assert!(error("node.relay = [\"x\"]").contains("`x` is not a host and port"));
    assert!(error("links.peers-of-host = 0").contains("with `links.peers-of-host` 0"));
    assert!(error("links.peers = 0").contains("with `links.peers` 0"));
    for place in ["4000", "here", ":4000", "[::1]", "127.0.0.1:99999"] {
        let text = format!("node.listen = [\"{place}\"]");
        let why = NodeConfig::parse(&text, "node.toml").expect_err("refused").to_string();
        assert!(why.contains(&format!("`node.listen`: `{place}` is no host and port")), "{why}");
    }
    assert!(error("node.hops = 0").starts_with("node.toml: `node.hops` is from 1 to 32"));
    assert_eq!((config.component(), config.hops()), (32 << 20, 32));
}

#[test]
fn whom_a_node_trusts_is_said_without_a_doubt() {
    let one = format!("I{}", "0".repeat(64));
    let trust = |trust: &str| {
        let text = format!("[secure]\nlistener = \"secure\"\ntrust = [{trust}]");
        NodeConfig::parse(&text, "node.toml").map(drop).map_err(|why| why.to_string())
    };
    for good in ["", "\"*\"", &format!("\"{one}\"")] {
        assert_eq!(trust(good), Ok(()), "{good}");
    }
    for (bad, words) in [
        ("\"*\", \"\"", "`*` is everyone and stands alone: write [\"*\"]"),
        (&format!("\"{one}\", \"*\""), "`*` is everyone and stands alone"),
        ("\"*\", \"*\"", "`*` is everyone and stands alone"),
        ("\"\"", "an empty text is nobody's identifier"),
        ("\" \"", "`[]` trusts nobody"),
        ("\" *\"", "did you mean `*`"),
        ("\"all\"", "did you mean `*`"),
        ("\"I12\"", "`I12` is no identifier: an identifier is an `I` and 64 hexadecimal digits"),
        (&format!("\"{one} \""), &format!("did you mean `{one}`?")),
        (&format!("\"{}\"", &one[1..]), &format!("did you mean `{one}`?")),
    ] {
        let why = trust(bad).expect_err(bad);
        assert!(why.starts_with("node.toml:3: `secure.trust`: ") && why.contains(words), "{why}");
    }
}

/// No message could leave by them; a channel through another one could.
#[test]
fn channels_that_go_round_are_refused() {
    let one = format!("I{}", "0".repeat(64));
    let parse = |channels: &[(&str, &str)]| {
        let channel = |(name, route): &(&str, &str)| {
            format!("[channels.{name}]\nroute = \"{route}\"\nidentity = \"{one}\"\n")
        };
        let text: String = channels.iter().map(channel).collect();
        NodeConfig::parse(&text, "node.toml").map(drop).map_err(|why| why.to_string())
    };
    let far = ("c", "1#127.0.0.1:4000,secure");
    for good in [
        &[far][..],
        &[("a", "b,secure"), ("b", "c,secure"), far],
        // These are the other nodes'.
        &[("a", "1#127.0.0.1:1,a,secure")],
        &[("a", "b,a"), ("b", "c,b,a"), far],
    ] {
        assert_eq!(parse(good), Ok(()), "{good:?}");
    }
    for (bad, circle) in [
        (&[("a", "a,secure")][..], "`a` through `a`;"),
        (&[("a", "b,secure"), ("b", "a,secure")], "`a` through `b` through `a`;"),
        (&[("a", "h1,b,secure"), ("b", "a,secure"), far], "`a` through `b` through `a`;"),
        (
            &[("a", "b,x"), ("b", "d,x"), far, ("d", "e,x"), ("e", "b,x")],
            "`b` through `d` through `e` through `b`;",
        ),
    ] {
        let why = parse(bad).expect_err("a circle");
        assert!(why.starts_with("node.toml: `channels` go round") && why.contains(circle), "{why}");
    }
}

/// What a manifest may ask for is what use is counted of, and shown.
#[test]
fn each_limit_is_counted() {
    assert_eq!(Limit::ALL.map(Limit::key), asked::KEYS);
    assert_eq!(Limit::Deadline.of(&Limits::default()), 2_000);
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "[a-z=\\[\\]{}\"\\n .0-9`\\PC]{0,64}") {
        if let Err(error) = manifest(&text) {
            prop_assert!(error.to_string().starts_with("echoer.toml"));
        }
        let _ = NodeConfig::parse(&text, "node.toml");
    }
}
