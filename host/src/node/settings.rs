//! `node.toml` as it is now. It has manifests of workers, the ceiling of all others, and whom
//! the node trusts: so it is read again while the node runs. What it says of the node itself
//! counts once.

use std::sync::Arc;

use crate::config::NodeConfig;
use crate::loader::Directory;
#[cfg(feature = "watch")]
use crate::loader::LoadError;
use crate::node::registry::Registry;
#[cfg(feature = "tcp")]
use crate::node::secure::trust_of;
use crate::sync::{Mutex, lock};

/// The settings of a running node.
pub(super) struct Settings {
    config: Mutex<Arc<NodeConfig>>,
    #[cfg(feature = "watch")]
    texts: Mutex<Texts>,
}

/// What the file said.
#[cfg(feature = "watch")]
struct Texts {
    /// When it was used, or refused.
    known: String,
    /// At the last look, if that was something else.
    new: Option<String>,
    /// Why it could not be read then.
    trouble: Option<String>,
}

impl Settings {
    /// Those that were read from this text.
    #[cfg_attr(not(feature = "watch"), expect(unused_variables, reason = "it is not read again"))]
    pub(super) fn new(config: NodeConfig, text: String) -> Self {
        Self {
            config: Mutex::new(Arc::new(config)),
            #[cfg(feature = "watch")]
            texts: Mutex::new(Texts { known: text, new: None, trouble: None }),
        }
    }

    pub(super) fn now(&self) -> Arc<NodeConfig> {
        lock(&self.config).clone()
    }

    /// Use them from now on.
    pub(super) fn set(&self, config: NodeConfig) -> Arc<NodeConfig> {
        let config = Arc::new(config);
        *lock(&self.config) = config.clone();
        config
    }

    /// Whether this text is a new one, and was so at the last look, too: nobody is in the
    /// middle of writing it.
    #[cfg(feature = "watch")]
    fn is_new(&self, text: String) -> bool {
        let texts = &mut *lock(&self.texts);
        texts.trouble = None;
        if texts.known == text {
            texts.new = None;
            return false;
        }
        if texts.new.as_ref() != Some(&text) {
            texts.new = Some(text);
            return false;
        }
        texts.new = None;
        texts.known = text;
        true
    }

    /// Whether it could be read at the last look, or not for another reason.
    #[cfg(feature = "watch")]
    fn is_news(&self, why: &LoadError) -> bool {
        let why = why.to_string();
        lock(&self.texts).trouble.replace(why.clone()) != Some(why)
    }
}

impl Registry {
    /// Read the settings as they are now, for somebody who asks for that.
    ///
    /// # Errors
    /// What is wrong with them; those before stay.
    pub(super) fn refresh(&self, directory: &Directory) -> Result<Arc<NodeConfig>, String> {
        let config = directory.config().map_err(|why| why.to_string())?;
        #[cfg(feature = "tcp")]
        let config = {
            let mut config = config;
            config.stay_at(&self.settings.now());
            self.channels.set_trust(&trust_of(config.trust()));
            config
        };
        Ok(self.settings.set(config))
    }

    /// New settings, if the file has others than at the last look.
    #[cfg(feature = "watch")]
    pub(super) fn look_at_settings(&self) -> Option<Arc<NodeConfig>> {
        let directory = self.directory.as_ref()?;
        match directory.config_text() {
            Ok(text) => {
                if !self.settings.is_new(text) {
                    return None;
                }
            }
            Err(why) => {
                if self.settings.is_news(&why) {
                    tracing::error!(target: "skep::node", "what node.toml said before goes on: {why}");
                }
                return None;
            }
        }
        match self.refresh(directory) {
            Ok(config) => {
                tracing::info!(target: "skep::node", "node.toml has changed: its workers \
                    and whom it trusts follow; what it says of the node itself counts at the next start");
                Some(config)
            }
            Err(why) => {
                tracing::error!(target: "skep::node", "node.toml is refused, and what it said \
                    before goes on: {why}");
                None
            }
        }
    }
}
