//! `skep deploy`: a component comes into a node's directory.

use std::path::Path;

use skep::control::{Client, ClientError};
use skep::offline::{self, DeployError, Deployed, Deployment, Fate};

use crate::failure::Failure;
use crate::output::{self, bytes};
use crate::task::Delivery;

pub(crate) async fn deploy(client: &Client, delivery: Delivery) -> Result<(), Failure> {
    let Delivery { file, worker, manifest } = delivery;
    let directory = client.directory();
    let order = Deployment { file, worker, manifest, directory: directory.into() };
    let deployed = offline::deploy(&order)?;
    report(&deployed)?;
    // A node that runs sees for itself what lies in its directory.
    if let Err(ClientError::NotRunning { .. }) = client.node().await {
        let directory = directory.display();
        output::note(&format!(
            "no node is running on {directory}: start one with `skep run {directory}`"
        ));
    }
    Ok(())
}

fn report(deployed: &Deployed) -> Result<(), Failure> {
    let Deployed { worker, component: (path, fate), manifest, bytes: size, digest, made } =
        deployed;
    if let Some(made) = made {
        output::line(&format!("made the directory {}", made.display()))?;
    }
    let size = bytes(*size);
    let digest = digest.get(..16).unwrap_or(digest);
    output::line(&format!("{worker}: {} ({size}, digest {digest}...)", words(path, *fate)))?;
    match manifest {
        Some((path, fate)) => output::line(&format!("{worker}: {}", words(path, *fate))),
        None => Ok(()),
    }
}

fn words(path: &Path, fate: Fate) -> String {
    let path = path.display();
    match fate {
        Fate::New => format!("put into {path}"),
        Fate::Replaced => format!("replaced {path}"),
        Fate::Unchanged => format!("{path} is the same already"),
    }
}

impl From<DeployError> for Failure {
    fn from(error: DeployError) -> Self {
        let text = error.to_string();
        match error {
            DeployError::Name(_) => Self::usage(text).hint("name the worker with --as NAME"),
            _ => Self::new(text),
        }
    }
}
