//! Lines of two outputs, side by side.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines that are aligned. Of more, beside what is the same at both ends, only the number is told.
const MOST_LINES: usize = 2000;

/// Characters of a line that are told; of a longer one, the first of them and the length.
const MOST_CHARS: usize = 300;

/// Lines that are not the same: what there is in their place on each side, and which line that is, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) line: usize,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// All changes. Lines that stand at the same place of a stretch that differs belong together.
pub(super) fn changes(old: &[u8], new: &[u8]) -> Vec<Change> {
    if old == new {
        return Vec::new();
    }
    let (old, new) = (lines(old), lines(new));
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (middle_old, middle_new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    if middle_old.len().max(middle_new.len()) > MOST_LINES {
        let count = |lines: &[&[u8]]| Some(format!("({} lines)", lines.len()));
        return vec![Change { line: start + 1, old: count(middle_old), new: count(middle_new) }];
    }
    let mut changes = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, middle_old, middle_new) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (&middle_old[op.old_range()], &middle_new[op.new_range()]);
        for at in 0..old.len().max(new.len()) {
            let side = |lines: &[&[u8]]| lines.get(at).map(|line| shown(line));
            changes.push(Change { line: start + op.old_range().start + at + 1, old: side(old), new: side(new) });
        }
    }
    changes
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// A line without its end, as text; what cannot be read or seen is escaped.
fn shown(line: &[u8]) -> String {
    let (line, end) = match line.strip_suffix(b"\n") {
        Some(line) => (line, ""),
        None => (line, " (no line end)"),
    };
    text(line) + end
}

/// Bytes as text, with control characters and what is no text escaped, and not longer than a reader wants it.
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
    fn check(old: &str, new: &str, expected: &[(usize, Option<&str>, Option<&str>)]) {
        let found = changes(old.as_bytes(), new.as_bytes());
        let found: Vec<_> =
            found.iter().map(|change| (change.line, change.old.as_deref(), change.new.as_deref())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_at_one_place_belong_together() {
        check("a\nb\n", "a\nb\n", &[]);
        check("a 1\nb 2\nc\n", "a 3\nb 4\nc\n", &[(1, Some("a 1"), Some("a 3")), (2, Some("b 2"), Some("b 4"))]);
        check("a\nb\nc\n", "a\nc\n", &[(2, Some("b"), None)]);
        check("a\n", "a\nb\nc\n", &[(2, None, Some("b")), (3, None, Some("c"))]);
        check("", "x", &[(1, None, Some("x (no line end)"))]);
    }

    #[test]
    fn a_line_end_is_a_part_of_the_line() {
        check("a\n", "a", &[(1, Some("a"), Some("a (no line end)"))]);
    }

    #[test]
    fn what_is_no_text_is_escaped() {
        assert_eq!(text(b"a\x00\xff\tb\\"), "a\\u{0}\\xff\\tb\\");
        assert_eq!(text(&[b'x'; 400]), format!("{}.. (400 bytes)", "x".repeat(300)));
    }

    #[test]
    fn of_very_many_lines_the_number_is_told() {
        let many = "x\n".repeat(MOST_LINES + 1);
        check(&format!("same\n{many}"), "same\ny\n", &[(2, Some("(2001 lines)"), Some("(1 lines)"))]);
    }
}
