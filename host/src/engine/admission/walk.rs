//! One pass over a binary before anything compiles it: counts, sizes, nesting, and what it
//! makes of itself when it is instantiated.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    CompositeInnerType, Encoding, FunctionBody, Instance, MemoryType, Parser, Payload,
    SectionLimited, TableType, TypeSectionReader,
};

use super::bounds::{self, Tally};
use super::effort::Effort;
use super::scope::{Footprint, Scope};
use super::{AdmissionError, types};

/// What one pass has found.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) footprint: Footprint,
    /// What the outermost component imports; types that only name another are left out.
    pub(super) imports: Vec<String>,
    /// What the outermost component exports, and whether it is an interface.
    pub(super) exports: Vec<(String, bool)>,
}

/// Reads through a module or a component, all that is nested in it included.
pub(super) fn walk(bytes: &[u8]) -> Result<Outline, AdmissionError> {
    let mut walk = Walk::new(bytes);
    for payload in Parser::new(0).parse_all(bytes) {
        walk.payload(payload?)?;
    }
    Ok(Outline { footprint: walk.whole, imports: walk.imports, exports: walk.exports })
}

struct Walk<'a> {
    bytes: &'a [u8],
    scopes: Vec<Scope>,
    whole: Footprint,
    imports: Vec<String>,
    exports: Vec<(String, bool)>,
    types: Tally,
    imported: Tally,
    exported: Tally,
    functions: Tally,
    effort: Effort,
    /// The most parameters that a function may have by the types seen so far.
    most_params: u64,
    segments: Tally,
    parts: Tally,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            scopes: Vec::new(),
            whole: Footprint::default(),
            imports: Vec::new(),
            exports: Vec::new(),
            types: Tally::new("types", bounds::TYPES),
            imported: Tally::new("imports", bounds::IMPORTS),
            exported: Tally::new("exports", bounds::EXPORTS),
            functions: Tally::new("functions", bounds::FUNCTIONS),
            effort: Effort::default(),
            most_params: 0,
            segments: Tally::new("data and element segments", bounds::SEGMENTS),
            parts: Tally::new("parts", bounds::PARTS),
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), AdmissionError> {
        match payload {
            Payload::Version { encoding, .. } => self.open(encoding),
            Payload::End(_) => self.close(),
            Payload::TypeSection(section) => self.core_types(section),
            Payload::CoreTypeSection(section) => self.types.add(section.count()),
            Payload::ImportSection(section) => self.imported.add(section.count()),
            Payload::ExportSection(section) => self.exported.add(section.count()),
            Payload::FunctionSection(section) => self.functions.add(section.count()),
            Payload::CodeSectionStart { count, .. } => self.functions.at_most(count),
            Payload::CodeSectionEntry(body) => {
                let locals = locals(&body)?;
                self.effort.add(&body, locals.saturating_add(self.most_params))
            }
            Payload::GlobalSection(section) => self.parts.add(section.count()),
            Payload::TagSection(section) => self.parts.add(section.count()),
            Payload::ElementSection(section) => self.segments.add(section.count()),
            Payload::DataSection(section) => self.segments.add(section.count()),
            Payload::MemorySection(section) => {
                self.each(section, |scope, ty| scope.memory(memory(ty)?))
            }
            Payload::TableSection(section) => {
                self.each(section, |scope, table| scope.table(elements(table.ty)?))
            }
            payload => self.component(payload),
        }
    }

    /// Types are counted one by one: a recursion group may hold any number of them.
    fn core_types(&mut self, section: TypeSectionReader<'a>) -> Result<(), AdmissionError> {
        for group in section {
            for ty in group?.types() {
                self.types.add(1)?;
                if let CompositeInnerType::Func(function) = &ty.composite_type.inner {
                    self.most_params = self.most_params.max(function.params().len() as u64);
                }
            }
        }
        Ok(())
    }

    /// The sections that only a component has.
    fn component(&mut self, payload: Payload<'a>) -> Result<(), AdmissionError> {
        match payload {
            Payload::ComponentTypeSection(section) => {
                let bytes = self.bytes.get(section.range()).unwrap_or_default();
                types::read(bytes, section.range().start, &mut self.types)
            }
            Payload::ComponentImportSection(section) => self.component_imports(section),
            Payload::ComponentExportSection(section) => self.component_exports(section),
            Payload::ComponentCanonicalSection(section) => {
                self.each(section, |_, function| types::canonical(&function))
            }
            Payload::InstanceSection(section) => self.each(section, |scope, item| match item {
                Instance::Instantiate { module_index, .. } => {
                    scope.instantiate_module(module_index)
                }
                Instance::FromExports(_) => Ok(()),
            }),
            Payload::ComponentInstanceSection(section) => {
                self.each(section, |scope, item| match item {
                    ComponentInstance::Instantiate { component_index, .. } => {
                        scope.instantiate(component_index)
                    }
                    ComponentInstance::FromExports(_) => Ok(()),
                })
            }
            Payload::ComponentAliasSection(section) => self.aliases(section),
            _ => Ok(()),
        }
    }

    fn open(&mut self, encoding: Encoding) -> Result<(), AdmissionError> {
        self.parts.add(1)?;
        bounds::within("levels of nested components", self.scopes.len() as u64, bounds::DEPTH)?;
        self.scopes.push(Scope::new(encoding));
        Ok(())
    }

    fn close(&mut self) -> Result<(), AdmissionError> {
        let Some(scope) = self.scopes.pop() else {
            return Ok(());
        };
        match self.scopes.last_mut() {
            Some(outer) => outer.define(&scope),
            None => self.whole = scope.footprint,
        }
        Ok(())
    }

    /// Counts a section's items and has the current scope look at each.
    fn each<T: wasmparser::FromReader<'a>>(
        &mut self,
        section: SectionLimited<'a, T>,
        mut look: impl FnMut(&mut Scope, T) -> Result<(), AdmissionError>,
    ) -> Result<(), AdmissionError> {
        self.parts.add(section.count())?;
        let Some(scope) = self.scopes.last_mut() else {
            return Ok(());
        };
        scope.work(section.count());
        section.into_iter().try_for_each(|item| look(scope, item?))
    }

    fn component_imports(
        &mut self,
        section: wasmparser::ComponentImportSectionReader<'a>,
    ) -> Result<(), AdmissionError> {
        self.imported.add(section.count())?;
        let outermost = self.scopes.len() == 1;
        let mut names = Vec::new();
        self.each(section, |scope, import| {
            scope.unknown(import.ty.kind());
            let alias = matches!(
                import.ty,
                wasmparser::ComponentTypeRef::Type(wasmparser::TypeBounds::Eq(_))
            );
            if outermost && !alias {
                names.push(import.name.name.to_owned());
            }
            Ok(())
        })?;
        self.imports.append(&mut names);
        Ok(())
    }

    fn component_exports(
        &mut self,
        section: wasmparser::ComponentExportSectionReader<'a>,
    ) -> Result<(), AdmissionError> {
        self.exported.add(section.count())?;
        let outermost = self.scopes.len() == 1;
        let mut names = Vec::new();
        self.each(section, |scope, export| {
            scope.again(export.kind, export.index);
            if outermost {
                let interface = export.kind == ComponentExternalKind::Instance;
                names.push((export.name.name.to_owned(), interface));
            }
            Ok(())
        })?;
        self.exports.append(&mut names);
        Ok(())
    }

    fn aliases(
        &mut self,
        section: SectionLimited<'a, ComponentAlias<'a>>,
    ) -> Result<(), AdmissionError> {
        self.parts.add(section.count())?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.work(section.count());
        }
        for alias in section {
            self.alias(alias?);
        }
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) {
        let (kind, found) = match alias {
            ComponentAlias::InstanceExport { kind, .. } => (kind, None),
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
                let module = self.outer(count).and_then(|scope| scope.module_at(index));
                (ComponentExternalKind::Module, module)
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let component = self.outer(count).and_then(|scope| scope.component_at(index));
                (ComponentExternalKind::Component, component)
            }
            _ => return,
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(kind, found);
        }
    }

    /// The component that is so many levels further out; 0 is the current one.
    fn outer(&self, count: u32) -> Option<&Scope> {
        self.scopes.iter().rev().nth(usize::try_from(count).ok()?)
    }
}

/// A function that is too long, or has too many variables, takes the compiler too long.
/// The local variables of a function, the bounds of which are checked on the way.
fn locals(body: &FunctionBody<'_>) -> Result<u64, AdmissionError> {
    bounds::within("bytes in one function", body.range().len() as u64, bounds::BODY)?;
    let mut groups = body.get_locals_reader()?;
    let mut locals = 0_u64;
    for _ in 0..groups.get_count() {
        locals = locals.saturating_add(groups.read()?.0.into());
    }
    bounds::within("local variables in one function", locals, bounds::LOCALS)?;
    Ok(locals)
}

/// The bytes that a memory has to begin with.
fn memory(ty: MemoryType) -> Result<u64, AdmissionError> {
    if ty.memory64 {
        return Err(AdmissionError::Unsupported("a 64-bit memory"));
    }
    if ty.shared {
        return Err(AdmissionError::Unsupported("a memory shared between threads"));
    }
    let page = 1_u64.checked_shl(ty.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
    Ok(ty.initial.saturating_mul(page))
}

/// The elements that a table has to begin with.
fn elements(ty: TableType) -> Result<u64, AdmissionError> {
    if ty.table64 {
        return Err(AdmissionError::Unsupported("a 64-bit table"));
    }
    if ty.shared {
        return Err(AdmissionError::Unsupported("a table shared between threads"));
    }
    Ok(ty.initial)
}
