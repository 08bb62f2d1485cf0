//! Expected texts with gaps: `[..]` stands for any text within a line, a line `...` for any lines.

const WITHIN: &str = "[..]";
const LINES: &str = "...";

/// Whether a text is as the pattern says, all of it.
pub(crate) fn fits(pattern: &str, seen: &[u8]) -> bool {
    let Ok(seen) = std::str::from_utf8(seen) else { return false };
    let (pattern, seen): (Vec<&str>, Vec<&str>) = (pattern.split('\n').collect(), seen.split('\n').collect());
    // Whether the lines so far can be those that are seen so far, for each number of these.
    let mut can = vec![false; seen.len() + 1];
    can[0] = true;
    for line in pattern {
        let before = can.clone();
        for end in 0..=seen.len() {
            can[end] = match line {
                LINES => before[..=end].contains(&true),
                _ => end > 0 && before[end - 1] && fits_line(line, seen[end - 1]),
            };
        }
    }
    can[seen.len()]
}

/// Whether a line is as a line of a pattern says.
pub(crate) fn fits_line(pattern: &str, line: &str) -> bool {
    polyfill_build::fits(pattern, WITHIN, line)
}

/// The pattern for a diff with what was seen: a line with gaps that fits one of these, in their order, is that one.
pub(crate) fn beside(pattern: &str, seen: &[u8]) -> String {
    let seen = String::from_utf8_lossy(seen);
    let mut rest = seen.split('\n');
    let lines = pattern.split('\n').map(|line| {
        let mut ahead = rest.clone();
        match ahead.find(|seen| fits_line(line, seen)) {
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
    fn gaps_stand_for_any_text() {
        for (pattern, seen, expected) in [
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
            assert_eq!(fits(pattern, seen.as_bytes()), expected, "{pattern:?} {seen:?}");
        }
        assert!(!fits("...", b"\xff"));
    }

    #[test]
    fn lines_that_fit_are_no_difference() {
        assert_eq!(beside("a[..]\nb[..]\nc\n", b"a1\nx\nc\n"), "a1\nb[..]\nc\n");
    }
}
