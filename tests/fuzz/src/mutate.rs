//! Changes that a file suffers on its way, by accident or by someone who means it.

use std::ops::Range;

use arbitrary::{Result, Unstructured};

/// The most changes of one file.
const MOST: usize = 4;
/// The most bytes that are cut out or put in at once.
const PIECE: usize = 64;
/// What comes before the first section.
const HEADER: usize = 8;

/// Changes `bytes` as the recipe says, with pieces of `other`; says how often.
pub(crate) fn mutate(
    bytes: &mut Vec<u8>,
    other: &[u8],
    recipe: &mut Unstructured<'_>,
) -> Result<usize> {
    let count = recipe.int_in_range(0..=MOST)?;
    for _ in 0..count {
        if !bytes.is_empty() {
            change(bytes, other, recipe)?;
        }
    }
    Ok(count)
}

fn change(bytes: &mut Vec<u8>, other: &[u8], recipe: &mut Unstructured<'_>) -> Result<()> {
    match recipe.int_in_range(0..=7_u8)? {
        0 => {
            let at = recipe.choose_index(bytes.len())?;
            bytes[at] ^= 1 << recipe.int_in_range(0..=7_u8)?;
        }
        1 => {
            let at = recipe.choose_index(bytes.len())?;
            bytes[at] = recipe.arbitrary()?;
        }
        2 => drop(bytes.drain(piece(bytes.len(), recipe)?)),
        3 => bytes.truncate(recipe.choose_index(bytes.len())?),
        4 => {
            let (from, at) = (piece(other.len(), recipe)?, recipe.choose_index(bytes.len())?);
            bytes.splice(at..at, other[from].iter().copied());
        }
        5 => {
            let (from, to) = (piece(other.len(), recipe)?, piece(bytes.len(), recipe)?);
            bytes.splice(to, other[from].iter().copied());
        }
        6 => drop(bytes.drain(section(bytes, recipe)?)),
        _ => {
            let (from, at) = (section(bytes, recipe)?, section(bytes, recipe)?.start);
            let copy = bytes[from].to_vec();
            bytes.splice(at..at, copy);
        }
    }
    Ok(())
}

/// A few bytes of so many.
fn piece(length: usize, recipe: &mut Unstructured<'_>) -> Result<Range<usize>> {
    let start = recipe.int_in_range(0..=length)?;
    let end = start + recipe.int_in_range(0..=PIECE.min(length - start))?;
    Ok(start..end)
}

/// One of the outermost sections; nothing if there is none.
fn section(bytes: &[u8], recipe: &mut Unstructured<'_>) -> Result<Range<usize>> {
    let sections = sections(bytes);
    match sections.len() {
        0 => Ok(bytes.len()..bytes.len()),
        count => Ok(sections[recipe.choose_index(count)?].clone()),
    }
}

/// Where the outermost sections are, each with its kind and its length in front.
fn sections(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut sections = Vec::new();
    let mut start = HEADER;
    while let Some(end) = end_of_section(bytes, start) {
        sections.push(start..end);
        start = end;
    }
    sections
}

fn end_of_section(bytes: &[u8], start: usize) -> Option<usize> {
    let mut length = 0_u64;
    for (index, byte) in bytes.get(start + 1..)?.iter().enumerate().take(5) {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let end = (start + 2 + index).checked_add(usize::try_from(length).ok()?)?;
            return (end <= bytes.len()).then_some(end);
        }
    }
    None
}
