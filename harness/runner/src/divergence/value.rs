//! Expected values of rules.

use serde::Deserialize;

/// Placeholder for a number in a pattern.
const NUMBER: &str = "{number}";

/// Expected value on one side of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a string, { pattern = \"text with {number}\" } or { nothing = true }")]
pub enum Value {
    /// Exact text.
    Text(String),
    /// Text with unpredictable numbers.
    Pattern(Pattern),
    /// No such line, result or file.
    Nothing(Nothing),
}

/// Pattern of [`Value::Pattern`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Text in which `{number}` matches a number, decimal or hexadecimal with `0x`. All else is literal.
    pub pattern: String,
}

/// Contents of [`Value::Nothing`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {
    /// Always `true`.
    pub nothing: bool,
}

impl Value {
    /// Returns true if the observed value matches.
    pub fn fits(&self, actual: Option<&str>) -> bool {
        match (self, actual) {
            (Value::Text(text), Some(actual)) => text == actual,
            (Value::Pattern(pattern), Some(actual)) => pattern.fits(actual),
            (Value::Nothing(_), None) => true,
            _ => false,
        }
    }

    /// Returns an error message if the value is invalid.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Value::Text(_) => None,
            Value::Nothing(Nothing { nothing }) => (!nothing).then(|| "`nothing` must be `true` or absent".to_string()),
            Value::Pattern(Pattern { pattern }) => {
                let letters = pattern.replace(NUMBER, "").chars().filter(|c| c.is_alphabetic()).count();
                let narrow = pattern.contains(NUMBER) && letters >= 8;
                (!narrow)
                    .then(|| format!("`{pattern}` is too broad a pattern: expected at least 8 letters and `{NUMBER}`"))
            }
        }
    }

    /// Returns the value as text for display.
    pub fn shown(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Pattern(Pattern { pattern }) => pattern,
            Value::Nothing(_) => "nothing",
        }
    }
}

impl Pattern {
    fn fits(&self, actual: &str) -> bool {
        let mut rest = actual;
        for (number, part) in self.pattern.split(NUMBER).enumerate() {
            if number > 0 {
                let Some(after) = behind_number(rest) else { return false };
                rest = after;
            }
            let Some(after) = rest.strip_prefix(part) else { return false };
            rest = after;
        }
        rest.is_empty()
    }
}

/// Returns the rest of a text after a leading number.
fn behind_number(text: &str) -> Option<&str> {
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    let rest = digits.trim_start_matches(|c: char| c.is_digit(radix));
    (rest.len() < digits.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Value {
        Value::Pattern(Pattern { pattern: text.to_string() })
    }

    #[test]
    fn patterns_match_numbers_only() {
        let value = pattern("assertion failed at adapter line {number}");
        assert!(value.fits(Some("assertion failed at adapter line 2731")));
        for actual in ["assertion failed at adapter line ", "assertion failed at adapter line 7a", "line 7", ""] {
            assert!(!value.fits(Some(actual)), "{actual}");
        }
        assert!(!value.fits(None));
        assert!(pattern("{number} of {number} lines").fits(Some("1 of 0x2f lines")));
    }

    #[test]
    fn texts_match_exactly_and_nothing_matches_absence() {
        assert!(Value::Text("a 1".to_string()).fits(Some("a 1")));
        assert!(!Value::Text("a 1".to_string()).fits(Some("a 11")));
        let nothing = Value::Nothing(Nothing { nothing: true });
        assert!(nothing.fits(None) && !nothing.fits(Some("")));
    }

    #[test]
    fn broad_patterns_are_rejected() {
        assert_eq!(pattern("assertion failed at adapter line {number}").problem(), None);
        for text in ["{number}", "fd {number}", "no number in it at all", ""] {
            assert!(pattern(text).problem().is_some(), "{text}");
        }
        assert!(Value::Nothing(Nothing { nothing: false }).problem().is_some());
    }
}
