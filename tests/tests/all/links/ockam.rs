//! A real Ockam node at the other end. These run where one is given:
//! `SKEP_OCKAM_PEER=PROGRAM cargo nextest run --workspace --run-ignored only ockam`, with a
//! program that serves (`serve --listen HOST:PORT --ignore-stdin`) workers `echoer`,
//! `string_echoer`, `hop` (which opens the `1#host:port` behind it) and `secure`, and that
//! sends (`send`, `secure`) along routes.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use skep::{Network, Node};
use skep_tests::Yard;

use super::host_of;

fn peer() -> Command {
    let program = std::env::var_os("SKEP_OCKAM_PEER").expect("SKEP_OCKAM_PEER names an Ockam node");
    let mut command = Command::new(program);
    command.env_remove("RUST_BACKTRACE");
    command
}

/// A node of Ockam's, and where it listens.
pub(crate) struct Ockam(Child, pub(crate) String);

impl Ockam {
    pub(crate) fn serve() -> Self {
        let mut serve = peer();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--ignore-stdin"]).stdout(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim().strip_prefix("listening ").unwrap_or_else(|| panic!("{line:?}"));
        Self(child, at.to_owned())
    }
}

impl Drop for Ockam {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Skep node that lets others pass to any port of this machine.
async fn skep_node() -> (Yard, SocketAddr) {
    host_of(|builder| builder.relay(Network::of(["127.0.0.1:*"]).unwrap())).await
}

/// What Ockam's command says when it sends along this route.
pub(crate) async fn sends(kind: &str, at: &str, rest: &[&str]) -> String {
    let mut send = peer();
    send.args([kind, "--connect", at]).args(rest);
    let output = tokio::task::spawn_blocking(move || send.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs SKEP_OCKAM_PEER"]
async fn ockam_to_skep() {
    let (_host, at) = skep_node().await;
    let at = at.to_string();
    for route in ["echoer", "hop,echoer", "hop,hop,hop,echoer"] {
        for form in [&["--payload", "hello"][..], &["--payload", "hello", "--bare"]] {
            let said = sends("send", &at, &[&["--route", route], form].concat()).await;
            assert!(said.starts_with("reply: hello\n"), "{route} {form:?}: {said}");
        }
    }
    let many = ["--route", "echoer", "--bytes", "16", "--count", "20000", "--outstanding", "64"];
    assert!(sends("send", &at, &many).await.contains(r#""lost":0"#));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs SKEP_OCKAM_PEER"]
async fn skep_to_ockam() {
    let ockam = Ockam::serve();
    let yard = Yard::of(Node::builder().threads(2)).await;
    for route in ["echoer", "hop,echoer", "hop,hop,echoer"] {
        assert_eq!(yard.answer(&format!("1#{},{route}", ockam.1), "hello").await, "hello");
    }
    let to = format!("1#{},string_echoer", ockam.1);
    let bare: skep::Bare<String> =
        yard.app.send_and_receive(to.as_str(), skep::Bare("hello".to_owned())).await.unwrap();
    assert_eq!(bare.0, "hello");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs SKEP_OCKAM_PEER"]
async fn through_nodes_of_either_kind() {
    let (first, second) = (Ockam::serve(), Ockam::serve());
    let (_between, between) = skep_node().await;
    let (_end, end) = skep_node().await;
    let at = between.to_string();
    for route in [
        format!("1#{},echoer", first.1),
        format!("hop,1#{},hop,echoer", first.1),
        format!("1#{},hop,1#{end},echoer", first.1),
        format!("1#{},hop,1#{end},hop,1#{},echoer", first.1, second.1),
    ] {
        let said = sends("send", &at, &["--route", &route, "--payload", "hello"]).await;
        assert!(said.starts_with("reply: hello\n"), "{route}: {said}");
    }
    let yard = Yard::new().await;
    for route in [
        format!("1#{},hop,1#{end},echoer", first.1),
        format!("1#{},hop,1#{at},hop,1#{},hop,1#{end},hop,echoer", first.1, second.1),
    ] {
        assert_eq!(yard.answer(&route, "hello").await, "hello", "{route}");
    }
}

/// Nodes between see ciphertext, and pass it on for as long as the channel lives.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs SKEP_OCKAM_PEER"]
async fn ockam_s_secure_channels_pass_through() {
    let ockam = Ockam::serve();
    let (_first, first) = skep_node().await;
    let (_second, second) = skep_node().await;
    for route in [
        format!("1#{}", ockam.1),
        format!("hop,1#{}", ockam.1),
        format!("1#{second},hop,1#{}", ockam.1),
    ] {
        let many = ["--route", &route, "--count", "500", "--bytes", "1024", "--outstanding", "8"];
        let said = sends("secure", &first.to_string(), &many).await;
        assert!(said.contains("channel: I") && said.contains(r#""lost":0"#), "{route}: {said}");
    }
}
