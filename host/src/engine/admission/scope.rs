//! What a module or component makes when it is instantiated, its parts included.
//!
//! A component may instantiate another twice, that one a third twice, and so on: a few
//! hundred bytes can ask for 2^60 instances, which the compiler would lay out one by one.

use wasmparser::{ComponentExternalKind, Encoding};

use super::AdmissionError;

/// What a table holds for each element, on a 64-bit machine.
const ELEMENT: u64 = 8;

/// What one instance of a component comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// Instances of core modules.
    pub(crate) instances: u64,
    /// Their linear memories.
    pub(crate) memories: u64,
    /// Their tables.
    pub(crate) tables: u64,
    /// The bytes that those memories and tables have to begin with.
    pub(crate) bytes: u64,
    /// The steps of instantiating it all, which the compiler lays out one by one.
    pub(crate) steps: u64,
}

impl Footprint {
    fn add(&mut self, other: Self) {
        self.instances = self.instances.saturating_add(other.instances);
        self.memories = self.memories.saturating_add(other.memories);
        self.tables = self.tables.saturating_add(other.tables);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.steps = self.steps.saturating_add(other.steps);
    }
}

/// A module or component while it is read: the modules and components that it can name
/// (`None` for one that it gets from elsewhere), and its footprint so far.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    encoding: Encoding,
    modules: Vec<Option<Footprint>>,
    components: Vec<Option<Footprint>>,
    pub(super) footprint: Footprint,
}

impl Scope {
    pub(super) fn new(encoding: Encoding) -> Self {
        let instances = u64::from(encoding == Encoding::Module);
        let footprint = Footprint { instances, steps: 1, ..Footprint::default() };
        Self { encoding, modules: Vec::new(), components: Vec::new(), footprint }
    }

    pub(super) fn work(&mut self, steps: u32) {
        self.footprint.steps = self.footprint.steps.saturating_add(steps.into());
    }

    pub(super) fn memory(&mut self, bytes: u64) -> Result<(), AdmissionError> {
        self.footprint.add(Footprint { memories: 1, bytes, ..Footprint::default() });
        Ok(())
    }

    pub(super) fn table(&mut self, elements: u64) -> Result<(), AdmissionError> {
        let bytes = elements.saturating_mul(ELEMENT);
        self.footprint.add(Footprint { tables: 1, bytes, ..Footprint::default() });
        Ok(())
    }

    /// A module or component that has been read is the next that this one can name.
    pub(super) fn define(&mut self, inner: &Self) {
        match inner.encoding {
            Encoding::Module => self.modules.push(Some(inner.footprint)),
            Encoding::Component => self.components.push(Some(inner.footprint)),
        }
    }

    /// One more that this one can name, if it is a module or a component at all.
    pub(super) fn push(&mut self, kind: ComponentExternalKind, found: Option<Footprint>) {
        match kind {
            ComponentExternalKind::Module => self.modules.push(found),
            ComponentExternalKind::Component => self.components.push(found),
            _ => {}
        }
    }

    /// An import is something from elsewhere.
    pub(super) fn unknown(&mut self, kind: ComponentExternalKind) {
        self.push(kind, None);
    }

    /// An export gives what it exports a second index.
    pub(super) fn again(&mut self, kind: ComponentExternalKind, index: u32) {
        let found = match kind {
            ComponentExternalKind::Module => self.module_at(index),
            ComponentExternalKind::Component => self.component_at(index),
            _ => None,
        };
        self.push(kind, found);
    }

    pub(super) fn module_at(&self, index: u32) -> Option<Footprint> {
        at(&self.modules, index)
    }

    pub(super) fn component_at(&self, index: u32) -> Option<Footprint> {
        at(&self.components, index)
    }

    pub(super) fn instantiate_module(&mut self, index: u32) -> Result<(), AdmissionError> {
        let module = self.module_at(index).ok_or(AdmissionError::Passed("module"))?;
        self.footprint.add(module);
        Ok(())
    }

    pub(super) fn instantiate(&mut self, index: u32) -> Result<(), AdmissionError> {
        let component = self.component_at(index).ok_or(AdmissionError::Passed("component"))?;
        self.footprint.add(component);
        Ok(())
    }
}

fn at(space: &[Option<Footprint>], index: u32) -> Option<Footprint> {
    space.get(usize::try_from(index).ok()?).copied().flatten()
}
