//! The command line: which measurement, and how large it is.

use std::str::FromStr;

use crate::{Failure, Result};

pub const USAGE: &str = "MEASUREMENT [--count N] [--size BYTES] [--hops N] [--outstanding N] \
    [--workers N] [--loops N] [--rate PER_SECOND] [--seconds S] [--threads N]";

#[derive(Clone, Debug)]
pub struct Settings {
    pub measurement: String,
    count: Option<usize>,
    pub size: usize,
    pub hops: usize,
    pub outstanding: usize,
    pub workers: usize,
    pub loops: usize,
    /// Messages a second of an open loop.
    pub rate: f64,
    pub seconds: f64,
    /// Worker threads of the tokio runtime.
    pub threads: usize,
}

impl Settings {
    /// Reads the arguments that follow the program's name.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let measurement = arguments.next().ok_or_else(|| Failure::usage("no measurement given"))?;
        let mut settings = Self::usual(measurement);
        while let Some(option) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| Failure::Usage(format!("{option} needs a value")))?;
            settings.set(&option, &value)?;
        }
        Ok(settings)
    }

    fn usual(measurement: String) -> Self {
        Self {
            measurement,
            count: None,
            size: 16,
            hops: 0,
            outstanding: 1,
            workers: 1000,
            loops: 2,
            rate: 50_000.0,
            seconds: 2.0,
            threads: 2,
        }
    }

    fn set(&mut self, option: &str, value: &str) -> Result<()> {
        match option {
            "--count" => self.count = Some(above_zero(option, value)?),
            "--size" => self.size = number(option, value)?,
            "--hops" => self.hops = number(option, value)?,
            "--outstanding" => self.outstanding = above_zero(option, value)?,
            "--workers" => self.workers = above_zero(option, value)?,
            "--loops" => self.loops = number(option, value)?,
            "--rate" => self.rate = above_zero(option, value)?,
            "--seconds" => self.seconds = above_zero(option, value)?,
            "--threads" => self.threads = above_zero(option, value)?,
            _ => return Err(Failure::Usage(format!("unknown option: {option}"))),
        }
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.count_or(100_000)
    }

    /// The count given, or `usual` for a measurement that has one of its own.
    pub fn count_or(&self, usual: usize) -> usize {
        self.count.unwrap_or(usual)
    }

    /// The size given, if a message of it can be sent.
    pub fn size_within(&self, least: usize, most: usize) -> Result<usize> {
        if (least..=most).contains(&self.size) {
            return Ok(self.size);
        }
        Err(Failure::Usage(format!("--size must be from {least} to {most}")))
    }
}

fn number<T: FromStr>(option: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| Failure::Usage(format!("{option}: not a number: {value}")))
}

fn above_zero<T: FromStr + PartialOrd + Default>(option: &str, value: &str) -> Result<T> {
    let given: T = number(option, value)?;
    if given > T::default() {
        return Ok(given);
    }
    Err(Failure::Usage(format!("{option} must be above zero")))
}
