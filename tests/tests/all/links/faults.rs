//! A link that fails in the middle, at each byte: whoever waits is told, nothing hangs, and
//! nothing comes twice.

use std::net::SocketAddr;
use std::time::Duration;

use skep::error::RequestError;
use skep_tests::Yard;
use skep_tests::wait::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::host;

/// What a proxy does to the bytes of one direction.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// The connection ends after so many bytes.
    Cut(usize),
    /// This byte is another one.
    Garble(usize),
    /// Each byte comes by itself, a while after the one before.
    Trickle,
    /// After so many bytes nothing comes any more, and nothing ends.
    Stop(usize),
}

/// A proxy to a node: what it does to what goes there and to what comes back. It takes one
/// connection; later ones pass as they are.
async fn proxy(to: SocketAddr, there: Fault, back: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut faults = (there, back);
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(to).await else { return };
            tokio::spawn(pass_both(client, server, faults));
            faults = (Fault::None, Fault::None);
        }
    });
    at
}

async fn pass_both(client: TcpStream, server: TcpStream, (there, back): (Fault, Fault)) {
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    // When one direction ends, both do.
    tokio::select! {
        () = pass(client_read, server_write, there) => {}
        () = pass(server_read, client_write, back) => {}
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    fault: Fault,
) {
    let mut passed = 0;
    let mut room = vec![0; 1 << 16];
    loop {
        let bytes = match from.read(&mut room).await {
            Ok(0) | Err(_) => return,
            Ok(bytes) => bytes,
        };
        let piece = &mut room[..bytes];
        match fault {
            Fault::Cut(after) if passed + bytes >= after => {
                let _ = to.write_all(&piece[..after - passed]).await;
                return;
            }
            Fault::Stop(after) if passed + bytes >= after => {
                let _ = to.write_all(&piece[..after - passed]).await;
                std::future::pending::<()>().await;
            }
            Fault::Garble(at) if (passed..passed + bytes).contains(&at) => {
                piece[at - passed] ^= 0x55
            }
            Fault::Trickle => {
                for byte in piece.iter() {
                    tokio::time::sleep(Duration::from_micros(200)).await;
                    if to.write_all(&[*byte]).await.is_err() {
                        return;
                    }
                }
                continue;
            }
            _ => {}
        }
        passed += bytes;
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
}

/// One request through a proxy; it has to end, with an answer or by a failure with a name.
async fn ask(at: SocketAddr, yard: &Yard) -> Result<String, RequestError> {
    let to = format!("1#{at},puppet");
    let script = "send app seen; reply done";
    let within = Duration::from_millis(700);
    soon("an outcome", yard.app.send_and_receive_within(to.as_str(), script, within)).await
}

/// The bytes that a request takes there and its answer takes back, greetings included.
const THERE: usize = 1 + 4 + 5 + 9 + 26 + 2 + 25;
const BACK: usize = 1 + 4 + 3 + 26 + 11 + 5;

/// After a cut the next request goes over a new connection; each was handled at most once.
async fn cut_at_each_byte(faults: impl Fn(usize) -> (Fault, Fault), bytes: usize) -> usize {
    let (mut host, at) = host().await;
    let yard = Yard::new().await;
    let mut lost = 0;
    for byte in 0..bytes {
        let (there, back) = faults(byte);
        let at = proxy(at, there, back).await;
        match ask(at, &yard).await {
            Ok(answer) => assert_eq!(answer, "done", "{byte}"),
            Err(RequestError::Dropped(why)) => {
                assert!(
                    why.contains("was lost") || why.contains("cannot be reached"),
                    "{byte}: {why}"
                );
                lost += 1;
            }
            Err(why) => panic!("{byte}: {why}"),
        }
        let again = ask(at, &yard).await;
        assert_eq!(again, Ok("done".into()), "{byte}: {there:?} {back:?}");
    }
    host.send("inside", "send app fence").await;
    let mut seen = 0;
    while *host.receive().await.body() == "seen" {
        seen += 1;
    }
    assert!(seen >= bytes && seen <= 2 * bytes, "{seen} of {bytes} twice");
    lost
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_on_the_way_there() {
    let lost = cut_at_each_byte(|byte| (Fault::Cut(byte), Fault::None), THERE - 6).await;
    assert_eq!(lost, THERE - 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_on_the_way_back() {
    let lost = cut_at_each_byte(|byte| (Fault::None, Fault::Cut(byte)), BACK - 6).await;
    assert_eq!(lost, BACK - 6);
}

/// Any byte may be another one: there is an answer or a failure, and the node lives.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_ends_in_an_outcome() {
    let (host, at) = host().await;
    let yard = Yard::new().await;
    for byte in (0..THERE).step_by(5) {
        let garbled = proxy(at, Fault::Garble(byte), Fault::None).await;
        let outcome = ask(garbled, &yard).await;
        assert!(
            matches!(outcome, Ok(_) | Err(RequestError::Dropped(_) | RequestError::Timeout)),
            "{byte}: {outcome:?}"
        );
    }
    for byte in (0..BACK).step_by(5) {
        let garbled = proxy(at, Fault::None, Fault::Garble(byte)).await;
        let outcome = ask(garbled, &yard).await;
        assert!(
            matches!(outcome, Ok(_) | Err(RequestError::Dropped(_) | RequestError::Timeout)),
            "{byte}: {outcome:?}"
        );
    }
    assert_eq!(ask(at, &yard).await, Ok("done".into()));
    drop(host);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_trickle_are_enough() {
    let (_host, at) = host().await;
    let yard = Yard::new().await;
    let slow = proxy(at, Fault::Trickle, Fault::Trickle).await;
    assert_eq!(ask(slow, &yard).await, Ok("done".into()));
}

/// A node that falls silent, in the middle of a frame or before it has greeted.
#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_in_an_outcome() {
    let (_host, at) = host().await;
    let yard = Yard::new().await;
    for byte in [2, 20, THERE - 10] {
        let silent = proxy(at, Fault::Stop(byte), Fault::None).await;
        assert_eq!(ask(silent, &yard).await, Err(RequestError::Timeout), "{byte}");
    }
    let ungreeted = proxy(at, Fault::None, Fault::Stop(0)).await;
    let outcome = ask(ungreeted, &yard).await;
    assert_eq!(outcome, Err(RequestError::Timeout));
    assert_eq!(ask(at, &yard).await, Ok("done".into()));
}
