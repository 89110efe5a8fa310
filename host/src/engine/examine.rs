//! What a file's bytes are, told without compiling them.

use super::admission::{self, AdmissionError, Scan};
use super::language::languages;

/// What is known of a file's bytes before they are compiled.
#[derive(Debug)]
pub(crate) struct Examined {
    /// Whether they are a core module, which the node makes a component of; none if they are
    /// neither.
    pub(crate) is_module: Option<bool>,
    /// What it was written in, where it says so.
    pub(crate) languages: Vec<String>,
    /// What it is made of, as far as it can be read.
    pub(crate) scan: Option<Scan>,
    /// Why it is no worker for this node, if that can be told without compiling.
    pub(crate) refusal: Option<AdmissionError>,
}

/// Tells what a file's bytes are.
pub(crate) fn examine(bytes: &[u8]) -> Examined {
    let is_module = match bytes.get(..8) {
        Some(b"\0asm\x01\0\0\0") => Some(true),
        Some(b"\0asm\x0d\0\x01\0") => Some(false),
        _ => None,
    };
    let scan = admission::scan(bytes.to_vec()).map(|(_, scan)| scan);
    let languages = match is_module {
        // What is too large is not read through either.
        Some(_) if !matches!(scan, Err(AdmissionError::TooLarge { .. })) => languages(bytes),
        _ => Vec::new(),
    };
    let (scan, refusal) = match scan {
        Ok(scan) => (Some(scan), None),
        Err(why) => (admission::survey(bytes).ok().filter(|_| is_module.is_some()), Some(why)),
    };
    Examined { is_module, languages, scan, refusal }
}
