//! What a worker has to export, and what the node offers it to import.

use super::{AdmissionError, shown};

/// The package whose interfaces tie a worker to its node.
const PACKAGE: &str = "skep:worker";
/// The versions of it that this node speaks: any patch of this one.
const SPOKEN: &str = "0.1";
/// Those of its interfaces that a worker may import.
const OFFERED: [&str; 4] = ["types", "message", "node", "mail"];
/// What a worker must export.
pub(crate) const HANDLER: &str = "handler";

/// What `wasmtime-wasi` links for components that were built for WASI 0.2.
#[cfg(feature = "wasi")]
const WASI: &[&str] =
    &["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random", "wasi:sockets"];
#[cfg(not(feature = "wasi"))]
const WASI: &[&str] = &[];

/// `package/interface@version`, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    package: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) version: &'a str,
}

impl<'a> Name<'a> {
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let (path, version) = text.split_once('@')?;
        let (package, interface) = path.split_once('/')?;
        Some(Self { package, interface, version })
    }

    /// Whether the version is a patch of this line (`0.1.3` of `0.1`).
    fn is_of(&self, line: &str) -> bool {
        let patch = self.version.strip_prefix(line).and_then(|rest| rest.strip_prefix('.'));
        patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()))
    }

    /// Whether it is an interface between a worker and its node, of whatever version.
    pub(crate) fn is_ours(&self) -> bool {
        self.package == PACKAGE
    }

    /// Whether the node speaks this version of it.
    pub(crate) fn is_spoken(&self) -> bool {
        self.is_of(SPOKEN)
    }

    fn is_offered(&self) -> bool {
        if self.is_ours() {
            return self.is_spoken() && OFFERED.contains(&self.interface);
        }
        WASI.contains(&self.package) && self.is_of("0.2")
    }
}

/// Whether any of WASI is imported, so that the component needs the linker that has it.
pub(super) fn needs_wasi(imports: &[String]) -> bool {
    imports.iter().any(|import| import.starts_with("wasi:"))
}

/// Refuses imports that the node does not offer, all of them in one error.
pub(super) fn check_imports(imports: &[String]) -> Result<(), AdmissionError> {
    let is_offered = |import: &&String| Name::of(import).is_some_and(|name| name.is_offered());
    let missing: Vec<_> = imports.iter().filter(|import| !is_offered(import)).collect();
    let wasi3 = missing.iter().find(|i| i.starts_with("wasi:") && i.contains("@0.3"));
    if let Some(import) = wasi3 {
        return Err(AdmissionError::Async(format!("`{}`", shown(import))));
    }
    if missing.is_empty() { Ok(()) } else { Err(AdmissionError::Imports(list(&missing))) }
}

/// Names for people, the first few of them.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 12;
    let mut text: Vec<_> =
        names.iter().take(MOST).map(|name| format!("`{}`", shown(name.as_ref()))).collect();
    if let Some(more) = names.len().checked_sub(MOST).filter(|more| *more > 0) {
        text.push(format!("and {more} more"));
    }
    text.join(", ")
}

/// Refuses what is not a worker, or one of another version.
pub(super) fn check_exports(exports: &[(String, bool)]) -> Result<(), AdmissionError> {
    let interfaces = exports.iter().filter(|(_, is_interface)| *is_interface);
    let handlers: Vec<_> = interfaces
        .filter_map(|(name, _)| Name::of(name))
        .filter(|name| name.is_ours() && name.interface == HANDLER)
        .collect();
    match handlers.first() {
        _ if handlers.iter().any(Name::is_spoken) => Ok(()),
        Some(name) => Err(AdmissionError::Version { found: shown(name.version) }),
        None => Err(AdmissionError::NoHandler { found: found(exports) }),
    }
}

/// What stands where a worker's export should be.
fn found(exports: &[(String, bool)]) -> String {
    let names: Vec<_> = exports.iter().map(|(name, _)| name).collect();
    let program = names.iter().any(|name| name.starts_with("wasi:cli/run"));
    match names.is_empty() {
        true => "nothing".to_owned(),
        false if program => format!("{}: it is a command-line program", list(&names)),
        false => list(&names),
    }
}
