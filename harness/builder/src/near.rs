//! Ends of messages about unknown names.

use polyfill_encoder::near;

/// Returns the end of a message: similar names, or all known names, or a note that there are none.
pub(crate) fn hint<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let near = near(asked, known.iter().copied());
    if !near.is_empty() {
        format!("; help: did you mean {}?", list(&near, " or "))
    } else if known.is_empty() {
        "; there are none".to_string()
    } else {
        format!("; there are {}", list(&known, ", "))
    }
}

fn list(names: &[&str], separator: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_come_first() {
        assert_eq!(hint("helo", ["hello", "world"]), "; help: did you mean `hello`?");
        assert_eq!(hint("hella", ["hello", "hells", "hello"]), "; help: did you mean `hello` or `hells`?");
        assert_eq!(hint("zzz", ["hello", "world"]), "; there are `hello`, `world`");
        assert_eq!(hint("zzz", []), "; there are none");
    }
}
