//! Patterns for expected texts: `[..]` matches any text within a line, and a line `...` matches any number of lines.

const WITHIN: &str = "[..]";
const LINES: &str = "...";

/// Returns true if the pattern matches the whole text.
pub(crate) fn fits(pattern: &str, output: &[u8]) -> bool {
    let Ok(output) = std::str::from_utf8(output) else { return false };
    let (pattern, output): (Vec<&str>, Vec<&str>) = (pattern.split('\n').collect(), output.split('\n').collect());
    // For each number of actual lines: true if the pattern lines so far match that many lines.
    let mut can = vec![false; output.len() + 1];
    can[0] = true;
    for line in pattern {
        let before = can.clone();
        for end in 0..=output.len() {
            can[end] = match line {
                LINES => before[..=end].contains(&true),
                _ => end > 0 && before[end - 1] && fits_line(line, output[end - 1]),
            };
        }
    }
    can[output.len()]
}

/// Returns true if a pattern line matches a line.
pub(crate) fn fits_line(pattern: &str, line: &str) -> bool {
    polyfill_builder::fits(pattern, WITHIN, line)
}

/// Prepares the pattern for a diff: replaces pattern lines by the actual lines that they match, in order.
pub(crate) fn beside(pattern: &str, output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    let mut rest = output.split('\n');
    let lines = pattern.split('\n').map(|line| {
        let mut ahead = rest.clone();
        match ahead.find(|output| fits_line(line, output)) {
            Some(found) => {
                rest = ahead;
                found
            }
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_any_text() {
        for (pattern, output, expected) in [
            ("a\n", "a\n", true),
            ("a\n", "a", false),
            ("a[..]c", "abc", true),
            ("a[..]c", "ac", true),
            ("a[..]c", "a\nc", false),
            ("[..]", "", true),
            ("[..]b[..]b[..]", "xbyb", true),
            ("[..]b[..]b[..]", "xby", false),
            ("a[..]a", "a", false),
            ("...", "", true),
            ("...\nend\n", "1\n2\nend\n", true),
            ("...\nend\n", "end\n", true),
            ("start\n...\nend\n...", "start\nend\nend\n", true),
            ("start\n...\nend\n", "start\nend\nmore\n", false),
        ] {
            assert_eq!(fits(pattern, output.as_bytes()), expected, "{pattern:?} {output:?}");
        }
        assert!(!fits("...", b"\xff"));
    }

    #[test]
    fn matching_pattern_lines_are_replaced_by_actual_lines() {
        assert_eq!(beside("a[..]\nb[..]\nc\n", b"a1\nx\nc\n"), "a1\nb[..]\nc\n");
    }
}
