//! Unified diffs of two texts or byte strings, with bounded output.

use similar::TextDiff;

/// Maximum input size of a diff in bytes. Above it, only the first difference is shown.
const MOST_BYTES: usize = 128 * 1024;

/// Maximum number of lines in a diff.
const MOST_LINES: usize = 200;

/// Maximum number of trailing lines shown of an output that was not compared.
const TAIL_LINES: usize = 20;

/// Maximum number of characters shown per line.
const MOST_CHARS: usize = 400;

/// Bytes per line of a hex dump.
const ROW: usize = 16;

/// Returns the diff of two outputs: by lines if both are text, else by rows of a hex dump.
pub(crate) fn bytes(expected: &[u8], actual: &[u8]) -> String {
    if expected.len().max(actual.len()) > MOST_BYTES {
        return first_difference(expected, actual);
    }
    match (text(expected), text(actual)) {
        (Some(expected), Some(actual)) => lines(expected, actual),
        _ => lines(&rows(expected, 0), &rows(actual, 0)),
    }
}

/// Returns the diff of two texts.
pub(crate) fn lines(expected: &str, actual: &str) -> String {
    let diff = TextDiff::from_lines(expected, actual);
    let mut unified = diff.unified_diff();
    shorten(&unified.context_radius(3).missing_newline_hint(true).to_string())
}

/// Returns the diff of two lists of lines.
pub(crate) fn lists(expected: &[String], actual: &[String]) -> String {
    lines(&joined(expected), &joined(actual))
}

/// Returns the end of an output: unmodified text, or a hex dump.
pub(crate) fn tail(bytes: &[u8]) -> String {
    // Process no more than can be shown: whole characters and, in a hex dump, whole rows.
    let mut start = bytes.len().saturating_sub(MOST_BYTES) / ROW * ROW;
    while start > 0 && std::str::from_utf8(bytes).is_ok() && bytes[start] & 0xc0 == 0x80 {
        start += 1;
    }
    let end = &bytes[start..];
    let all = text(end).map_or_else(|| rows(end, start), str::to_string);
    let lines = all.lines().count();
    let skipped = lines.saturating_sub(TAIL_LINES);
    let shown: Vec<&str> = all.lines().skip(skipped).collect();
    match (start, skipped) {
        (0, 0) => shorten(&all),
        (0, _) => format!("({skipped} lines before)\n{}", shorten(&shown.join("\n"))),
        _ => format!("(the end of {} bytes)\n{}", bytes.len(), shorten(&shown.join("\n"))),
    }
}

fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let at = expected.iter().zip(actual).take_while(|(expected, actual)| expected == actual).count();
    let start = at / ROW * ROW;
    let around = |bytes: &[u8]| {
        let end = bytes.len().min(start + 2 * ROW);
        rows(bytes.get(start..end).unwrap_or_default(), start)
    };
    format!(
        "expected {} bytes, actual {}; first difference at byte {at}:\n{}",
        expected.len(),
        actual.len(),
        lines(&around(expected), &around(actual))
    )
}

fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).then_some(text)
}

/// Formats a hex dump, `00000010  68 65 6c 6c 6f .. |hello|`, with offsets counted from `start`.
fn rows(bytes: &[u8], start: usize) -> String {
    let mut text = String::new();
    for (row, bytes) in bytes.chunks(ROW).enumerate() {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain: String = bytes
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '.' })
            .collect();
        text.push_str(&format!("{:08x}  {:<47}  |{plain}|\n", start + row * ROW, digits.join(" ")));
    }
    text
}

fn shorten(text: &str) -> String {
    let mut shortened = String::new();
    let count = text.lines().count();
    for line in text.lines().take(MOST_LINES) {
        match line.char_indices().nth(MOST_CHARS) {
            None => shortened.push_str(line),
            Some((end, _)) => {
                shortened.push_str(&format!("{} .. ({} bytes more)", &line[..end], line.len() - end));
            }
        }
        shortened.push('\n');
    }
    if count > MOST_LINES {
        shortened.push_str(&format!("({} lines more)\n", count - MOST_LINES));
    }
    shortened
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_final_newline_is_a_difference() {
        assert!(lines("a\n", "a").contains("No newline"));
    }

    #[test]
    fn binary_output_is_shown_as_hex_dump() {
        let diff = bytes(b"\x00\x01", b"\x00\x02");
        assert!(diff.contains("-00000000  00 01 "), "{diff}");
        assert!(diff.contains("+00000000  00 02 "), "{diff}");
    }

    #[test]
    fn tail_shows_the_end_of_an_output() {
        let lines: String = (0..100).map(|line| format!("{line}\n")).collect();
        assert!(tail(lines.as_bytes()).starts_with("(80 lines before)\n80\n"));
        assert_eq!(tail(b"a\nb"), "a\nb\n");
        assert!(tail(&vec![0; 1 << 20]).starts_with("(the end of 1048576 bytes)\n000ffec0  00 "));
        assert!(tail("ä".repeat(1 << 20).as_bytes()).starts_with("(the end of 2097152 bytes)\nää"));
    }

    #[test]
    fn diff_of_large_outputs_shows_the_first_difference() {
        let expected = vec![b'a'; 1 << 20];
        let mut actual = expected.clone();
        actual[70_000] = b'b';
        let diff = bytes(&expected, &actual);
        assert!(diff.contains("first difference at byte 70000"), "{diff}");
        assert!(diff.len() < 1000, "{diff}");
        assert!(bytes(&expected, &expected[1..]).contains("actual 1048575"));
    }
}
