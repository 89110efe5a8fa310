//! Secure channels over the TCP connection between two nodes.

use std::sync::Arc;

use ockam::Route;
use ockam::flow_control::FlowControlId;
use ockam::identity::{
    Identifier, SecureChannel, SecureChannelListenerOptions, SecureChannelOptions, SecureChannels,
    secure_channels,
};
use peers_shared::{Clock, Report, Result, Run, Settings};
use tokio::runtime::Runtime;

use crate::echo;
use crate::link::Link;
use crate::workers::ECHOER;

/// The address of the far node's secure channel listener.
const LISTENER: &str = "secure";

/// A party that can make secure channels or let others make them.
struct Party {
    channels: Arc<SecureChannels>,
    identifier: Identifier,
}

impl Party {
    async fn new() -> Result<Self> {
        let channels = secure_channels().await?;
        let creation = channels.identities().identities_creation();
        let identifier = creation.create_identity().await?;
        Ok(Self { channels, identifier })
    }

    /// Lets others make channels to the link's far node; the flow that comes out of them.
    fn listen(&self, link: &Link) -> Result<FlowControlId> {
        let options = SecureChannelListenerOptions::new().as_consumer(&link.far_flow);
        let flow = options.spawner_flow_control_id();
        self.channels.create_secure_channel_listener(
            &link.far,
            &self.identifier,
            LISTENER,
            options,
        )?;
        Ok(flow)
    }

    async fn connect(&self, link: &Link) -> Result<SecureChannel> {
        let (route, options) = (link.route_to(LISTENER), SecureChannelOptions::new());
        let made =
            self.channels.create_secure_channel(&link.near, &self.identifier, route, options);
        Ok(made.await?)
    }
}

/// Echoes from node to node through a secure channel.
pub async fn secure(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let link = Link::new(runtime).await?;
    let flow = Party::new().await?.listen(&link)?;
    link.start_echoer(&flow)?;
    let channel = Party::new().await?.connect(&link).await?;
    let client = link.client(channel.flow_control_id())?;
    let route = Route::new().append(channel.encryptor_address().clone()).append(ECHOER).build();
    echo::measured(&link.near, client, &route, settings).await
}

/// Making a secure channel over a connection that is open already.
pub async fn handshake(settings: &Settings, runtime: &Arc<Runtime>) -> Result<Report> {
    let link = Link::new(runtime).await?;
    Party::new().await?.listen(&link)?;
    let party = Party::new().await?;
    let count = settings.count_or(200);
    handshakes(&link, &party, count / 10).await?;
    handshakes(&link, &party, count).await?.report()
}

async fn handshakes(link: &Link, party: &Party, count: usize) -> Result<Run> {
    let clock = Clock::start();
    let mut run = Run::new(clock, count);
    for _ in 0..count {
        let begun = clock.nanos();
        let channel = party.connect(link).await?;
        run.done(begun);
        link.near.stop_address(channel.encryptor_address())?;
    }
    Ok(run)
}
