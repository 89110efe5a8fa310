//! How routes, times and numbers are written on the command line.

use std::time::Duration;

use skep::Route;

/// A route that could be one; the node reads it again.
pub(crate) fn route(text: &str) -> Result<String, String> {
    let stops = text.split(',').count();
    match text.parse::<Route>() {
        Ok(_) => Ok(text.into()),
        Err(_) if text.is_empty() => {
            Err("a route has at least one stop; name a worker (`skep ps` lists them)".into())
        }
        Err(why) if stops > 16 => Err(format!("{why}, this one has {stops}; leave some out")),
        Err(why) => Err(format!("{why}; a route is written like h1,echoer")),
    }
}

/// A place to listen at: `4000`, `127.0.0.1:4000`, `[::1]:4000`, `localhost:0`. Whether it can
/// be had is the system's to say.
pub(crate) fn place(text: &str) -> Result<String, String> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match bare {
        Some(bare) => bare.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    match is_host && port.parse::<u16>().is_ok() {
        true => Ok(text.into()),
        false => {
            Err("a place to listen at is written like 127.0.0.1:4000, [::1]:4000, or 4000 for \
                      this machine alone"
                .into())
        }
    }
}

/// `500ms`, `5s`, `2m`, `1h`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("`{unit}` is no unit of time; there are ms, s, m and h")),
    };
    let number: u64 =
        digits.trim().parse().map_err(|_| "a time is written like 500ms, 5s or 2m")?;
    let all = number.checked_mul(milliseconds).filter(|all| *all <= 86_400_000);
    all.map(Duration::from_millis).ok_or_else(|| "at most 24h are waited".into())
}

/// How long an answer is waited for.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let none = "no answer comes in no time: wait at least 1ms, or send with --no-reply";
    duration(text).and_then(|time| if time.is_zero() { Err(none.into()) } else { Ok(time) })
}

/// How long ago: `90s`, `10m`, `2h`, `7d`; a number alone is seconds.
pub(crate) fn ago(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let seconds = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        unit => return Err(format!("`{unit}` is no unit of time; there are s, m, h and d")),
    };
    let number: u32 = digits.parse().map_err(|_| "a time is written like 90s, 10m, 2h or 7d")?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// The number of a dead letter.
pub(crate) fn number(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| {
        "the number of a dead letter is written in digits; `skep dead-letters` lists them".into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_listen_at() {
        for good in
            ["4000", ":4000", "0", "127.0.0.1:0", "[::1]:4000", "localhost:1", "a-b.c:65535"]
        {
            assert_eq!(place(good), Ok(good.into()));
        }
        for bad in ["", "foo", "foo:", "foo:bar", "1:65536", "::1:4000", "[a]:1", "[::1]", "a b:1"]
        {
            assert!(place(bad).unwrap_err().contains("127.0.0.1:4000"), "{bad}");
        }
    }

    #[test]
    fn durations() {
        let millis = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(millis("500ms"), Ok(500));
        assert_eq!(millis("5"), Ok(5_000));
        assert_eq!(millis("2m"), Ok(120_000));
        assert!(millis("").is_err() && millis("ms").is_err() && millis("-1s").is_err());
        assert!(millis("25h").is_err() && millis("99999999999999999999h").is_err());
        assert!(millis("5 bees").is_err());
    }

    #[test]
    fn no_time_is_no_timeout() {
        assert_eq!(timeout("1ms"), Ok(Duration::from_millis(1)));
        for none in ["0", "0s", "0h"] {
            assert!(timeout(none).unwrap_err().contains("--no-reply"), "{none}");
        }
    }

    #[test]
    fn times_ago() {
        let seconds = |text| ago(text).map(|time| time.as_secs());
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!((seconds("90"), seconds("2h")), (Ok(90), Ok(7_200)));
        assert!(seconds("1w").is_err() && seconds("d").is_err() && seconds("-1d").is_err());
    }

    #[test]
    fn numbers() {
        assert_eq!(number("3"), Ok(3));
        assert!(number("three").unwrap_err().contains("in digits") && number("-1").is_err());
    }

    #[test]
    fn routes_are_refused_with_a_way_out() {
        let long = ["a"; 17].join(",");
        assert!(route(&long).unwrap_err().contains("this one has 17"));
        assert!(route("").unwrap_err().contains("at least one stop"));
        assert!(route("a,,b").unwrap_err().contains("stop 2"));
        assert_eq!(route("h1,echoer"), Ok("h1,echoer".into()));
    }
}
