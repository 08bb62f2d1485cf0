//! Wildcard patterns for names in adapter sidecars, cases and expectations.

/// Returns true if `text` matches `pattern`, in which `gap` matches any text, including the empty one.
///
/// ```text
/// fits("wasi:*/*@0.2.*", "*", "wasi:sockets/tcp@0.2.0")
/// ```
pub fn fits(pattern: &str, gap: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once(gap) else { return text == pattern };
    let (between, last) = rest.rsplit_once(gap).map_or((None, rest), |(between, last)| (Some(between), last));
    let Some(mut left) = text.strip_prefix(first) else { return false };
    for part in between.into_iter().flat_map(|between| between.split(gap)) {
        // The leftmost match leaves the most text for the remaining parts.
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn gaps_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("", "", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a**a", "aa", true),
            ("*b*b*", "xbyb", true),
            ("*b*b*", "xby", false),
            ("*ab", "aab", true),
        ] {
            assert_eq!(fits(pattern, "*", text), expected, "{pattern} {text}");
            assert_eq!(fits(&pattern.replace('*', "[..]"), "[..]", text), expected, "{pattern} {text}");
        }
    }
}
