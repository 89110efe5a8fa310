//! The bytes between nodes: what a real Ockam node was seen to send is understood, what
//! leaves is what it takes, and what is none of that ends the connection.

use std::time::Duration;

use skep_tests::Yard;
use skep_tests::wait::{soon, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::host;

/// Bytes from hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(digit).collect()
}

/// The bytes of one frame of these routes.
pub(crate) fn frame(onward: &str, back: &str, payload: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let frame = skep_protocol::frame::Frame {
        onward: onward.into(),
        back: back.into(),
        payload: payload.into(),
    };
    frame.encode(&mut bytes).unwrap();
    bytes
}

/// A connection that has greeted, and was.
pub(crate) async fn greeted(at: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(&[1]).await.unwrap();
    assert_eq!(soon("a greeting", stream.read_u8()).await.unwrap(), 1);
    stream
}

/// The next frame, its length included.
pub(crate) async fn read_frame(stream: &mut TcpStream) -> Vec<u8> {
    let length = soon("a frame", stream.read_u32()).await.unwrap();
    let mut body = vec![0; length as usize];
    soon("a frame's body", stream.read_exact(&mut body)).await.unwrap();
    [&length.to_be_bytes()[..], &body].concat()
}

/// Whether the other side ends the connection, without another frame.
pub(crate) async fn is_closed(stream: &mut TcpStream) {
    let read = soon("the end of the connection", stream.read(&mut [0; 64])).await;
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

const REPLY: &str = "0000001483818200426d65818200466563686f6572426869";

/// As Ockam writes it, and in all other ways that it reads.
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_read_as_ockam_reads_them() {
    let (_host, at) = host().await;
    let mut stream = greeted(at).await;
    for request in [
        "0000001784818200466563686f6572818200426d65426869627b7d",
        "0000001483818200466563686f6572818200426d65426869",
        "0000001584818200466563686f6572818200426d65426869f6",
        "0000001b9f9f9f00466563686f6572ffff9f8200426d65ff426869627b7dff",
    ] {
        stream.write_all(&hex(request)).await.unwrap();
        assert_eq!(read_frame(&mut stream).await, hex(REPLY), "{request}");
    }
}

/// What was captured between two Ockam nodes: through hops, with a `String`, and what says
/// nothing or has no way back.
#[tokio::test(flavor = "multi_thread")]
async fn captured_frames_are_answered() {
    let (host, at) = host().await;
    let mut stream = greeted(at).await;
    // A heartbeat, a message for nobody, and one without a way back: none is answered.
    stream.write_all(&hex("0000000784808040627b7d")).await.unwrap();
    stream.write_all(&frame("nobody", "me", "hi")).await.unwrap();
    stream.write_all(&hex("0000001284818200466563686f657280426869627b7d")).await.unwrap();
    let request = "0000006384818200466563686f657283820043686f708200582038353538323839626166663330393364376531383531353665323764613663638200582062393336396439653432303161323430623036303933636131666537376166314568656c6c6f627b7d";
    let reply = "000000608383820043686f70820058203835353832383962616666333039336437653138353135366532376461366363820058206239333639643965343230316132343062303630393363613166653737616631818200466563686f65724568656c6c6f";
    stream.write_all(&hex(request)).await.unwrap();
    assert_eq!(read_frame(&mut stream).await, hex(reply));
    // A `String` is its length and its bytes; an echoer of bytes need not know.
    let text = skep_protocol::frame::Frame {
        onward: "echoer".into(),
        back: "me".into(),
        payload: hex("0568656c6c6f"),
    };
    let mut bytes = Vec::new();
    text.encode(&mut bytes).unwrap();
    stream.write_all(&bytes).await.unwrap();
    assert!(read_frame(&mut stream).await.ends_with(&hex("460568656c6c6f")));
    let links = host.node.tcp().links();
    assert_eq!((links.len(), links[0].received, links[0].refused), (1, 4, 1), "{links:?}");
    let look = || host.node.tcp().links().into_iter().find(|link| link.lost == 1);
    until("the answer without a way is given up", look).await;
}

/// G7.3, G8.1, G8.3, G8.9: what is no frame ends its connection, and nobody else's; and so does
/// one that comes before the greeting.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_ends_the_connection() {
    let (_host, at) = host().await;
    let mut other = greeted(at).await;
    let many = format!("8398{:02x}{}80 40", 33, "82004161".repeat(33)).replace(' ', "");
    let very_many = format!("83992710{}8040", "82004161".repeat(10_000));
    let long = format!("838182005a00010000{}8040", "61".repeat(0x10000));
    let framed = |body: &str| format!("{:08x}{body}", body.len() / 2);
    for bad in [
        // A payload that is text, an address that is, a type above 255.
        "0000001784818200466563686f6572818200426d65626869627b7d".to_owned(),
        "0000001784818200666563686f6572818200426d65426869627b7d".into(),
        "000000148481821901004178818200426d65426869627b7d".into(),
        // No bytes, too many, two fields, a map, garbage.
        "00000000".into(),
        "01000001".into(),
        framed("828080"),
        framed("a0"),
        "00000004deadbeef".into(),
        "474554202f20485454502f312e310d0a".into(),
        // 33 stops, 10,000 of them, and an address of 64 KiB.
        framed(&many),
        framed(&very_many),
        framed(&long),
    ] {
        let mut stream = greeted(at).await;
        stream.write_all(&hex(&bad)).await.unwrap();
        is_closed(&mut stream).await;
    }
    // The first byte of a frame is no greeting.
    for first in [0_u8, 2, b'G'] {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(&[first]).await.unwrap();
        assert_eq!(soon("a greeting", stream.read_u8()).await.unwrap(), 1);
        is_closed(&mut stream).await;
    }
    other.write_all(&frame("echoer", "me", "hi")).await.unwrap();
    assert_eq!(read_frame(&mut other).await, hex(REPLY));
}

/// In pieces of any size, and many in one piece.
#[tokio::test(flavor = "multi_thread")]
async fn frames_come_in_pieces_and_together() {
    let (_host, at) = host().await;
    let mut stream = greeted(at).await;
    stream.set_nodelay(true).unwrap();
    for byte in frame("echoer", "me", "hi") {
        stream.write_all(&[byte]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(read_frame(&mut stream).await, hex(REPLY));
    let many: Vec<u8> =
        (0..700).flat_map(|number| frame("echoer", "me", &format!("{number}"))).collect();
    stream.write_all(&many).await.unwrap();
    for number in 0..700 {
        let expected = frame("me", "echoer", &format!("{number}"));
        assert_eq!(read_frame(&mut stream).await, expected);
    }
}

/// What leaves is what Ockam's nodes were seen to take; their answer is taken, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_is_what_ockam_takes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let mut yard = Yard::new().await;
    yard.send(&format!("1#{at},echoer"), "hello").await;
    let (mut stream, _) = soon("a connection", listener.accept()).await.unwrap();
    // It greets at once, and says nothing else before it was greeted.
    assert_eq!(soon("a greeting", stream.read_u8()).await.unwrap(), 1);
    let early = tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await;
    assert!(early.is_err(), "{early:?}");
    stream.write_all(&[1]).await.unwrap();
    assert_eq!(read_frame(&mut stream).await, frame("echoer", "app", "hello"));
    // As Ockam writes it, with a text for tracing.
    let answer = "0000001b8481820043617070818200466563686f65724568656c6c6f627b7d";
    stream.write_all(&hex(answer)).await.unwrap();
    let answer = yard.receive().await;
    assert_eq!((answer.body().as_str(), answer.return_route().len()), ("hello", 2));
    // A request's way back is a name that nobody can guess.
    let (app, to) = (yard.app.clone(), format!("1#{at},echoer"));
    let asking =
        tokio::spawn(async move { app.send_and_receive::<String>(to.as_str(), "hi").await });
    let asked = read_frame(&mut stream).await;
    let name: Vec<u8> = asked[asked.len() - 25..asked.len() - 3].to_vec();
    assert!(name.starts_with(b"_r"), "{asked:?}");
    let name = String::from_utf8(name).unwrap();
    stream.write_all(&frame(&name, "echoer", "there")).await.unwrap();
    stream.write_all(&frame(&name, "echoer", "twice")).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap(), "there");
    let look = || yard.node.tcp().links().into_iter().find(|link| link.refused == 1);
    until("the second answer is refused", look).await;
}
