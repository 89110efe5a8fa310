//! Settings that are a word or a quantity, as people write them.

use std::fmt;
use std::num::NonZeroU32;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

use crate::config::quantity::Time;
use crate::config::{Save, Sleep};

impl<'de> Deserialize<'de> for Save {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaveText)
    }
}

struct SaveText;

impl Visitor<'_> for SaveText {
    type Value = Save;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"handover\", \"every-message\", or a number of messages from 1")
    }

    fn visit_i64<E: Error>(self, messages: i64) -> Result<Save, E> {
        let every = u32::try_from(messages).ok().and_then(NonZeroU32::new);
        let every = every.ok_or_else(|| E::invalid_value(Unexpected::Signed(messages), &self))?;
        Ok(if every.get() == 1 { Save::EveryMessage } else { Save::Every(every) })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Save, E> {
        match text {
            "handover" => Ok(Save::Handover),
            "every-message" => Ok(Save::EveryMessage),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Sleep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SleepText)
    }
}

struct SleepText;

impl Visitor<'_> for SleepText {
    type Value = Sleep;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time such as \"60s\", or \"seldom\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Sleep, E> {
        if text == "seldom" {
            return Ok(Sleep::Seldom);
        }
        let time = Time::deserialize(StrDeserializer::<E>::new(text));
        time.map(|time| Sleep::After(time.0))
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Two {
        save: Option<Save>,
        sleep: Option<Sleep>,
    }

    fn two(text: &str) -> Result<Two, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn when_state_is_saved() {
        let save = |value: &str| two(&format!("save = {value}")).ok()?.save;
        assert_eq!(save("\"handover\""), Some(Save::Handover));
        assert_eq!(save("\"every-message\""), Some(Save::EveryMessage));
        assert_eq!(save("1"), Some(Save::EveryMessage));
        assert_eq!(save("10"), NonZeroU32::new(10).map(Save::Every));
        for bad in ["0", "-1", "5000000000", "true", "\"often\"", "1.5"] {
            assert_eq!(save(bad), None, "{bad}");
        }
        let why = two("save = 0").unwrap_err().to_string();
        assert!(why.contains("or a number of messages from 1"), "{why}");
    }

    #[test]
    fn when_a_worker_sleeps() {
        let sleep = |value: &str| two(&format!("sleep = {value}")).ok()?.sleep;
        assert_eq!(sleep("\"5m\""), Some(Sleep::After(Duration::from_secs(300))));
        assert_eq!(sleep("\"seldom\""), Some(Sleep::Seldom));
        for bad in ["5", "\"never\"", "\"\""] {
            assert_eq!(sleep(bad), None, "{bad}");
        }
        let why = two("sleep = \"never\"").unwrap_err().to_string();
        assert!(why.contains("or \"seldom\""), "{why}");
    }
}
