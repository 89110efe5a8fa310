//! A component's type sections, read without recursion, and what in them is for WASI 0.3.
//!
//! wasmparser's own reader, which validation and compilation use, calls itself once for each
//! level of nesting, without a bound, and three bytes make a level: 100 KB overflow a stack.

use wasmparser::{
    BinaryReader, CanonicalFunction, CanonicalOption, ComponentAlias, ComponentDefinedType,
    ComponentExternName, ComponentImport, ComponentType, ComponentTypeRef, CoreType,
    PrimitiveValType,
};

use super::AdmissionError;
use super::bounds::{self, Tally};

/// Reads one type section: its types are counted and their nesting is bounded.
pub(super) fn read(bytes: &[u8], offset: usize, types: &mut Tally) -> Result<(), AdmissionError> {
    let mut reader = BinaryReader::new(bytes, offset);
    // How many items are still to come, of the section and of each type that is open.
    let mut open = vec![reader.read_var_u32()?];
    while let Some(left) = open.last_mut() {
        let Some(rest) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = rest;
        types.add(1)?;
        if (open.len() == 1 || declares_type(&mut reader)?)
            && let Some(items) = nested(&mut reader)?
        {
            open.push(items);
            bounds::within("levels of nested types", open.len() as u64, bounds::TYPE_DEPTH)?;
        }
    }
    Ok(())
}

/// Whether a type is what is declared next. Anything else is read.
fn declares_type(reader: &mut BinaryReader<'_>) -> Result<bool, AdmissionError> {
    match reader.read_u8()? {
        0x00 => reader.read::<CoreType<'_>>().map(drop)?,
        0x01 => return Ok(true),
        0x02 => reader.read::<ComponentAlias<'_>>().map(drop)?,
        0x03 => reader.read::<ComponentImport<'_>>().map(drop)?,
        0x04 => {
            reader.read::<ComponentExternName<'_>>()?;
            reader.read::<ComponentTypeRef>()?;
        }
        _ => {
            let offset = reader.original_position().saturating_sub(1);
            return Err(AdmissionError::Malformed {
                offset,
                why: "no type is declared here".into(),
            });
        }
    }
    Ok(false)
}

/// The number of declarations in the component or instance type that comes next. A type of
/// any other kind is read.
fn nested(reader: &mut BinaryReader<'_>) -> Result<Option<u32>, AdmissionError> {
    let mut ahead = reader.clone();
    if matches!(ahead.read_u8()?, 0x41 | 0x42) {
        let items = ahead.read_var_u32()?;
        *reader = ahead;
        return Ok(Some(items));
    }
    match reader.read::<ComponentType<'_>>()? {
        ComponentType::Func(function) if function.async_ => asynchronous("an `async` function"),
        ComponentType::Defined(ComponentDefinedType::Stream(_)) => asynchronous("a `stream`"),
        ComponentType::Defined(ComponentDefinedType::Future(_)) => asynchronous("a `future`"),
        ComponentType::Defined(ComponentDefinedType::Primitive(PrimitiveValType::ErrorContext)) => {
            asynchronous("an `error-context`")
        }
        _ => Ok(None),
    }
}

fn asynchronous<T>(what: &'static str) -> Result<T, AdmissionError> {
    Err(AdmissionError::Async(what.to_owned()))
}

/// Refuses all of the canonical built-ins that belong to component-model-async.
pub(super) fn canonical(function: &CanonicalFunction) -> Result<(), AdmissionError> {
    use CanonicalFunction as F;
    match function {
        F::Lift { options, .. } => synchronous(options, "a function lifted `async`"),
        F::Lower { options, .. } => synchronous(options, "a function lowered `async`"),
        F::ResourceNew { .. } | F::ResourceDrop { .. } | F::ResourceRep { .. } => Ok(()),
        other => Err(AdmissionError::Async(built_in(other))),
    }
}

fn synchronous(options: &[CanonicalOption], what: &'static str) -> Result<(), AdmissionError> {
    let marks = |option| matches!(option, &CanonicalOption::Async | &CanonicalOption::Callback(_));
    if options.iter().any(marks) { asynchronous(what) } else { Ok(()) }
}

/// A built-in as the component model spells it: `TaskCancel` is `task.cancel`.
fn built_in(function: &CanonicalFunction) -> String {
    let debug = format!("{function:?}");
    let camel = debug.split([' ', '{']).next().unwrap_or_default();
    let mut name = String::from("`");
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && name.len() > 1 {
            name.push(if name.contains('.') { '-' } else { '.' });
        }
        name.push(letter.to_ascii_lowercase());
    }
    name.push('`');
    name
}
