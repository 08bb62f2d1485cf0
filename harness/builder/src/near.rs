//! Suggests known names that are similar to an unknown one.

/// Returns the end of a message: similar names, or all known names, or a note that there are none.
pub(crate) fn hint<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let near: Vec<&str> = known.iter().copied().filter(|name| is_near(asked, name)).collect();
    if !near.is_empty() {
        format!("; did you mean {}?", list(&near))
    } else if known.is_empty() {
        "; there are none".to_string()
    } else {
        format!("; there are {}", list(&known))
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn is_near(asked: &str, name: &str) -> bool {
    let longest = asked.len().max(name.len());
    (asked.len() >= 3 && (name.starts_with(asked) || asked.starts_with(name)))
        || strsim::levenshtein(asked, name) <= longest.div_ceil(5).min(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_come_first() {
        assert_eq!(hint("helo", ["hello", "world"]), "; did you mean `hello`?");
        assert_eq!(hint("zzz", ["hello", "world"]), "; there are `hello`, `world`");
        assert_eq!(hint("zzz", []), "; there are none");
    }
}
