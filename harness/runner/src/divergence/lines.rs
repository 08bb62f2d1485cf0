//! Line-by-line comparison of two outputs.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Maximum number of aligned lines. Of a longer differing part, only the number of lines is reported.
const MOST_LINES: usize = 2000;

/// Maximum length in characters of a reported line. A longer line is truncated and its length added.
const MOST_CHARS: usize = 300;

/// Differing line on each side, with its line number from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) line: usize,
    pub(super) baseline: Option<String>,
    pub(super) candidate: Option<String>,
}

/// Returns all changes. Lines at the same position of a differing part are paired.
pub(super) fn changes(baseline: &[u8], candidate: &[u8]) -> Vec<Change> {
    if baseline == candidate {
        return Vec::new();
    }
    let (baseline, candidate) = (lines(baseline), lines(candidate));
    let start = baseline.iter().zip(&candidate).take_while(|(baseline, candidate)| baseline == candidate).count();
    let end = baseline[start..]
        .iter()
        .rev()
        .zip(candidate[start..].iter().rev())
        .take_while(|(baseline, candidate)| baseline == candidate)
        .count();
    let (middle_old, middle_new) = (&baseline[start..baseline.len() - end], &candidate[start..candidate.len() - end]);
    if middle_old.len().max(middle_new.len()) > MOST_LINES {
        let count = |lines: &[&[u8]]| Some(format!("({} lines)", lines.len()));
        return vec![Change { line: start + 1, baseline: count(middle_old), candidate: count(middle_new) }];
    }
    let mut changes = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, middle_old, middle_new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (baseline, candidate) = (&middle_old[op.old_range()], &middle_new[op.new_range()]);
        for at in 0..baseline.len().max(candidate.len()) {
            let side = |lines: &[&[u8]]| lines.get(at).map(|line| shown(line));
            changes.push(Change {
                line: start + op.old_range().start + at + 1,
                baseline: side(baseline),
                candidate: side(candidate),
            });
        }
    }
    changes
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Formats a line without its line break.
fn shown(line: &[u8]) -> String {
    let (line, end) = match line.strip_suffix(b"\n") {
        Some(line) => (line, ""),
        None => (line, " (no line end)"),
    };
    text(line) + end
}

/// Formats bytes as text. Escapes control characters and invalid UTF-8, and truncates long text.
pub(super) fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push('\\'),
                c if c.is_control() => text.extend(c.escape_default()),
                c => text.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    match text.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}.. ({} bytes)", &text[..at], bytes.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: &str, candidate: &str, expected: &[(usize, Option<&str>, Option<&str>)]) {
        let found = changes(baseline.as_bytes(), candidate.as_bytes());
        let found: Vec<_> =
            found.iter().map(|change| (change.line, change.baseline.as_deref(), change.candidate.as_deref())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_at_the_same_position_are_paired() {
        check("a\nb\n", "a\nb\n", &[]);
        check("a 1\nb 2\nc\n", "a 3\nb 4\nc\n", &[(1, Some("a 1"), Some("a 3")), (2, Some("b 2"), Some("b 4"))]);
        check("a\nb\nc\n", "a\nc\n", &[(2, Some("b"), None)]);
        check("a\n", "a\nb\nc\n", &[(2, None, Some("b")), (3, None, Some("c"))]);
        check("", "x", &[(1, None, Some("x (no line end)"))]);
    }

    #[test]
    fn a_missing_line_end_is_a_change() {
        check("a\n", "a", &[(1, Some("a"), Some("a (no line end)"))]);
    }

    #[test]
    fn invalid_utf8_is_escaped() {
        assert_eq!(text(b"a\x00\xff\tb\\"), "a\\u{0}\\xff\\tb\\");
        assert_eq!(text(&[b'x'; 400]), format!("{}.. (400 bytes)", "x".repeat(300)));
    }

    #[test]
    fn very_many_lines_are_counted() {
        let many = "x\n".repeat(MOST_LINES + 1);
        check(&format!("same\n{many}"), "same\ny\n", &[(2, Some("(2001 lines)"), Some("(1 lines)"))]);
    }
}
