//! The word that somebody may have meant.

/// Longer words are not compared: nobody mistypes them, and the time grows with the square.
const LONGEST: usize = 64;

/// The candidate that is most like `word`, if one is like it at all: at most one letter in
/// three is wrong, missing, too many, or has changed places with the next.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = (word.len() / 3).max(1);
    let alike = |candidate: &&str| candidate.len().abs_diff(word.len()) <= most;
    let near = candidates.into_iter().filter(|_| word.len() <= LONGEST).filter(alike);
    near.map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let keys = ["component", "address", "args", "config", "grants"];
        assert_eq!(nearest("adress", keys), Some("address"));
        assert_eq!(nearest("agrs", keys), Some("args"));
        assert_eq!(nearest("grant", keys), Some("grants"));
        assert_eq!(nearest("memory", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"a".repeat(65), [&*"a".repeat(65)]), None);
    }
}
