//! Links that other nodes open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use skep_protocol::Address;
use skep_protocol::address::TCP;
use tokio::net::{TcpListener, TcpStream};

use crate::router::Host;
use crate::transport::gate::Gate;
use crate::transport::tcp::Shared;
use crate::transport::tcp::connection::{greet, live};
use crate::transport::tcp::link::Link;

/// How long no connection is taken after that has failed: too many files are open, say, and
/// others will be closed.
const PAUSE: Duration = Duration::from_millis(50);

/// Take connections until the node stops.
pub(super) async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    // Of its own: what is refused to strangers is said so often that this would be left out.
    let gate = Gate::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.closed.on() => return,
        };
        match accepted {
            Ok((stream, from)) => _ = tokio::spawn(attend(shared.clone(), stream, from)),
            Err(why) => {
                gate.warn(|| format!("no connection can be taken: {why}"));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// One connection, from its first byte to its end.
async fn attend(shared: Arc<Shared>, stream: TcpStream, from: SocketAddr) {
    let from = SocketAddr::new(from.ip().to_canonical(), from.port());
    let host = Host::from(from.ip());
    if let Err(why) = shared.places.make_room(Some(&host)) {
        return shared.turn_away(from, why);
    }
    let stranger = shared.places.admit(host.clone());
    let greeted = tokio::select! {
        greeted = greet(&stream, &shared) => greeted,
        () = stranger.told_to_go() => Err("others needed its place".to_owned()),
        () = shared.over.on() => return,
    };
    drop(stranger);
    let decoder = match greeted {
        Ok(decoder) => decoder,
        Err(why) => return shared.gate.warn(|| format!("refused {from}: {why}")),
    };
    let address = Address::new(TCP, from.to_string().as_bytes());
    let link = Link::new(shared.clone(), address, None);
    let _place = match shared.places.take_of(&link, &host) {
        Ok(place) => place,
        Err(why) => return shared.turn_away(from, why),
    };
    tracing::debug!(target: "skep::link", %from, "linked");
    let why = live(&link, stream, decoder).await;
    tracing::debug!(target: "skep::link", %from, "closed: {why}");
}
