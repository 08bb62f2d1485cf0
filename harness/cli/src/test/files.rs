//! Verdicts in files, for programs: JSON, and JUnit's XML.

use polyfill_runner::{CellResult, Verdict};
use serde_json::json;

/// `{ "results": [ { "guest", "case", "adapter", "host", "outcome", "seconds", "message" } ] }`.
pub(super) fn json(results: &[CellResult]) -> String {
    let result = |result: &CellResult| {
        let (outcome, message) = outcome(&result.verdict);
        let [guest, case, adapter, host] = parts(&result.name);
        json!({
            "guest": guest, "case": case, "adapter": adapter, "host": host, "outcome": outcome,
            "seconds": result.duration.as_secs_f64(), "message": message,
        })
    };
    let results: Vec<_> = results.iter().map(result).collect();
    format!("{:#}\n", json!({ "results": results }))
}

/// One suite, a test case for each trial.
pub(super) fn junit(results: &[CellResult]) -> String {
    let count = |wanted: &str| results.iter().filter(|result| outcome(&result.verdict).0 == wanted).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"polyfill\" tests=\"{}\" \
         failures=\"{}\" skipped=\"{}\">\n",
        results.len(),
        count("fail"),
        count("skip")
    );
    for result in results {
        let [guest, case, adapter, host] = parts(&result.name);
        let (outcome, message) = outcome(&result.verdict);
        let head = format!(
            "<testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
            escaped(&format!("{guest}::{case}")),
            escaped(&format!("{adapter}::{host}")),
            result.duration.as_secs_f64()
        );
        let message = escaped(message.as_deref().unwrap_or_default());
        text += &match outcome {
            "fail" => format!("{head}><failure>{message}</failure></testcase>\n"),
            "skip" => format!("{head}><skipped message=\"{message}\"/></testcase>\n"),
            _ => format!("{head}/>\n"),
        };
    }
    text + "</testsuite>\n</testsuites>\n"
}

/// The outcome in a word, and what there is to say of it.
fn outcome(verdict: &Verdict) -> (&'static str, Option<String>) {
    match verdict {
        Verdict::Passed | Verdict::Blessed { .. } => ("pass", None),
        Verdict::KnownBug => ("expected-fail", None),
        Verdict::Failed { report } => ("fail", Some(report.trim_end().to_string())),
        Verdict::Ignored { reason } => ("skip", Some(reason.clone())),
    }
}

/// Guest, case, adapter and host of a trial.
fn parts(name: &str) -> [&str; 4] {
    let mut parts = name.splitn(4, "::");
    [(); 4].map(|()| parts.next().unwrap_or_default())
}

/// What XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn results() -> Vec<CellResult> {
        let result = |name: &str, verdict| CellResult {
            name: name.to_string(),
            verdict,
            observation: None,
            mismatches: Vec::new(),
            duration: Duration::from_millis(1500),
        };
        vec![
            result("a::b::none::native", Verdict::Passed),
            result("a::b::x+y::wasi", Verdict::Failed { report: "- 1 < 2\n+ \"\u{1}\"\n".to_string() }),
            result("c::d::none::native", Verdict::Ignored { reason: "no & tool".to_string() }),
            result("c::e::none::native", Verdict::KnownBug),
        ]
    }

    #[test]
    fn junit_tells_what_failed_and_why() {
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite name="polyfill" tests="4" failures="1" skipped="1">
<testcase classname="a::b" name="none::native" time="1.500"/>
<testcase classname="a::b" name="x+y::wasi" time="1.500"><failure>- 1 &lt; 2
+ &quot;�&quot;</failure></testcase>
<testcase classname="c::d" name="none::native" time="1.500"><skipped message="no &amp; tool"/></testcase>
<testcase classname="c::e" name="none::native" time="1.500"/>
</testsuite>
</testsuites>
"#;
        assert_eq!(junit(&results()), expected);
    }

    #[test]
    fn json_has_a_record_for_each_trial() {
        let text = json(&results());
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let outcomes: Vec<&str> =
            value["results"].as_array().expect("a list").iter().filter_map(|r| r["outcome"].as_str()).collect();
        assert_eq!(outcomes, ["pass", "fail", "skip", "expected-fail"]);
        assert_eq!(value["results"][1]["adapter"], "x+y");
        assert_eq!(value["results"][1]["message"], "- 1 < 2\n+ \"\u{1}\"");
    }
}
