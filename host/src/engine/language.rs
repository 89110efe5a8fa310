//! What a component was written in, where it says so.

use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

use super::admission;

/// The most names of languages that are told.
const LANGUAGES: usize = 8;

/// The languages that the `producers` sections name, each once: those of the modules within
/// a component too.
pub(super) fn languages(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if let Payload::CustomSection(section) = payload
            && let KnownCustom::Producers(producers) = section.as_known()
        {
            add_languages(producers, &mut found);
        }
    }
    found
}

fn add_languages(producers: ProducersSectionReader<'_>, found: &mut Vec<String>) {
    for field in producers.into_iter().map_while(Result::ok) {
        if field.name != "language" {
            continue;
        }
        for value in field.values.into_iter().map_while(Result::ok) {
            let language = admission::shown(value.name);
            if found.len() < LANGUAGES && !found.contains(&language) {
                found.push(language);
            }
        }
    }
}
