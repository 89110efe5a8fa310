//! Sizes, times and counts as people write them: `"64MiB"`, `"500ms"`, `1024`.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Bytes: a whole number, or a text with `B`, `KiB`, `MiB` or `GiB` behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) usize);

/// A time: a text with `ms`, `s`, `m` or `h` behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Duration);

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct Count<T>(pub(crate) T);

const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
/// A year; so sums of times do not overflow.
const LONGEST_MS: u64 = 366 * 24 * 3_600_000;

/// A whole number and its unit, in the least unit.
fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// The largest unit that a number is a multiple of.
fn shortest(number: u64, units: &[(&str, u64)]) -> String {
    let whole = units.iter().filter(|(_, factor)| number.is_multiple_of(*factor));
    let (unit, factor) = whole.max_by_key(|(_, factor)| *factor).unwrap_or(&("", 1));
    format!("\"{}{unit}\"", number / factor)
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeText)
    }
}

struct SizeText;

impl Visitor<'_> for SizeText {
    type Value = Size;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a size such as \"64MiB\" (B, KiB, MiB, GiB) or a number of bytes")
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
        let bytes = usize::try_from(bytes);
        bytes.map(Size).map_err(|_| E::custom("a size is not negative"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        let bytes = parse(text, &SIZES).and_then(|bytes| usize::try_from(bytes).ok());
        bytes.map(Size).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeText)
    }
}

struct TimeText;

impl Visitor<'_> for TimeText {
    type Value = Time;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time such as \"2s\" or \"500ms\" (ms, s, m, h; at most a year)")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        let ms = parse(text, &TIMES).filter(|ms| *ms <= LONGEST_MS);
        ms.map(|ms| Time(Duration::from_millis(ms)))
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

/// As it stands in TOML; so do the others below.
impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&shortest(self.0 as u64, &SIZES))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(LONGEST_MS);
        out.write_str(&shortest(ms, &TIMES))
    }
}

impl<T: fmt::Display> fmt::Display for Count<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Deserialize)]
    struct Two {
        size: Option<Size>,
        time: Option<Time>,
    }

    fn size(value: &str) -> Option<usize> {
        let two: Two = toml::from_str(&format!("size = {value}")).ok()?;
        two.size.map(|size| size.0)
    }

    fn time(value: &str) -> Option<Duration> {
        let two: Two = toml::from_str(&format!("time = {value}")).ok()?;
        two.time.map(|time| time.0)
    }

    #[test]
    fn sizes() {
        assert_eq!(size("7"), Some(7));
        assert_eq!(size("\"64MiB\""), Some(64 << 20));
        assert_eq!(size("\"1 GiB\""), Some(1 << 30));
        assert_eq!(size("\"12B\""), Some(12));
        for bad in
            ["-1", "1.5", "\"\"", "\"64\"", "\"64MB\"", "\"MiB\"", "\"-1B\"", "\"99999999999GiB\""]
        {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(time("\"2s\""), Some(Duration::from_secs(2)));
        assert_eq!(time("\"500ms\""), Some(Duration::from_millis(500)));
        assert_eq!(time("\"1 h\""), Some(Duration::from_secs(3_600)));
        for bad in ["2", "\"2\"", "\"2 years\"", "\"9000h\"", "\"99999999999999999999s\"", "\"ä\""]
        {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(bytes in 1_usize.., ms in 1..LONGEST_MS) {
            prop_assert_eq!(size(&Size(bytes).to_string()), Some(bytes));
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(time(&Time(duration).to_string()), Some(duration));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text: String) {
            let _ = parse(&text, &SIZES);
        }
    }
}
