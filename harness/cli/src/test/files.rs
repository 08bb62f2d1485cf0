//! Machine-readable reports: JSON, and JUnit XML.

use polyfill_builder::index::Trial;
use polyfill_runner::{TrialResult, Verdict, Violation};
use serde_json::json;

/// A trial and its result.
pub(super) type Judged<'t> = (&'t Trial, &'t TrialResult);

/// Formats the results as JSON: `{ "results": [ { "guest", "case", "adapter", "host", "outcome", "seconds",
/// "message", "violations", "stack" } ] }`.
pub(super) fn json(trials: &[Judged<'_>]) -> String {
    let result = |(trial, result): &Judged<'_>| {
        let (outcome, message) = outcome(&result.verdict);
        let Trial { guest, case, adapter, host, .. } = trial;
        json!({
            "guest": guest, "case": case, "adapter": adapter, "host": host, "outcome": outcome,
            "seconds": result.duration.as_secs_f64(), "message": message,
            "violations": violations(result), "stack": stack(result),
        })
    };
    let results: Vec<_> = trials.iter().map(result).collect();
    format!("{:#}\n", json!({ "results": results }))
}

/// Lists the violations, including accepted ones, one per line.
fn violations(result: &TrialResult) -> Vec<String> {
    let violations = result.observation.iter().flat_map(|observation| &observation.violations);
    violations.map(|violation| format!("{}: {violation}{}", violation.function, place(violation))).collect()
}

/// Returns the maximum shadow stack use of each function, in bytes: `{ "path_open": { "used": 3000, "of": 65536 } }`.
fn stack(result: &TrialResult) -> serde_json::Value {
    let stacks = result.observation.iter().flat_map(|observation| &observation.checked.stacks);
    stacks.map(|(function, used)| (function.clone(), json!({ "used": used.used, "of": used.of }))).collect()
}

/// Returns the frame of a violation, or its writer.
fn place(violation: &Violation) -> String {
    match violation.frames.first() {
        Some(frame) => format!(", in {frame}"),
        None if violation.writer.is_empty() => String::new(),
        None => format!(", written by {}", violation.writer),
    }
}

/// Formats the results as one JUnit test suite, with a test case for each trial.
pub(super) fn junit(trials: &[Judged<'_>]) -> String {
    let count = |wanted: &str| trials.iter().filter(|(_, result)| outcome(&result.verdict).0 == wanted).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"polyfill\" tests=\"{}\" \
         failures=\"{}\" skipped=\"{}\">\n",
        trials.len(),
        count("fail"),
        count("skip")
    );
    for (trial, result) in trials {
        let Trial { guest, case, adapter, host, .. } = trial;
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

/// Returns the outcome as a word, and its message.
fn outcome(verdict: &Verdict) -> (&'static str, Option<String>) {
    match verdict {
        Verdict::Passed | Verdict::Blessed { .. } => ("pass", None),
        Verdict::FailedAsExpected { reason } => ("expected-fail", Some(reason.clone())),
        Verdict::Failed { report } => ("fail", Some(report.trim_end().to_string())),
        Verdict::Ignored { reason } => ("skip", Some(reason.clone())),
    }
}

/// Escapes text for XML, and removes characters that XML cannot represent.
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

    use polyfill_builder::index::Artifact;
    use polyfill_runner::{Observation, Outcome, Violation, ViolationKind};

    use super::*;

    fn results() -> Vec<(Trial, TrialResult)> {
        let result = |name: &str, verdict| {
            let parts: Vec<String> = name.split("::").map(String::from).collect();
            let [guest, case, adapter, host] = parts.try_into().expect("four parts");
            let artifact = Artifact::Ignored(String::new());
            let result = TrialResult {
                name: name.to_string(),
                verdict,
                observation: None,
                mismatches: Vec::new(),
                unchecked: None,
                duration: Duration::from_millis(1500),
            };
            (Trial { guest, case, adapter, host, artifact, sanitize: None }, result)
        };
        vec![
            result("a::b::none::native", Verdict::Passed),
            result("a::b::x+y::wasi", Verdict::Failed { report: "- 1 < 2\n+ \"\u{1}\"\n".to_string() }),
            result("c::d::none::native", Verdict::Ignored { reason: "no & tool".to_string() }),
            result("c::e::none::native", Verdict::FailedAsExpected { reason: "known".to_string() }),
        ]
    }

    fn text(of: fn(&[Judged<'_>]) -> String) -> String {
        let results = results();
        of(&results.iter().map(|(trial, result)| (trial, result)).collect::<Vec<_>>())
    }

    #[test]
    fn junit_has_the_message_of_each_failure() {
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
        assert_eq!(text(junit), expected);
    }

    #[test]
    fn json_has_the_violations_of_adapters() {
        let mut results = results();
        let violation = Violation {
            adapter: "x+y".to_string(),
            function: "fd_read".to_string(),
            call: "m.fd_read(3) -> 0".to_string(),
            number: 2,
            depth: 0,
            what: ViolationKind::Growth { pages: 1 },
            frames: Vec::new(),
            writer: "the host".to_string(),
        };
        let observation = Observation { violations: vec![violation], ..Observation::of(Outcome::Returned) };
        results[1].1.observation = Some(observation);
        let trials: Vec<Judged<'_>> = results.iter().map(|(trial, result)| (trial, result)).collect();
        let value: serde_json::Value = serde_json::from_str(&json(&trials)).expect("JSON");
        assert_eq!(value["results"][0]["violations"], json!([]));
        assert_eq!(
            value["results"][1]["violations"],
            json!(["fd_read: growth: grew main's memory by 1 page, written by the host"])
        );
    }

    #[test]
    fn json_has_a_record_for_each_trial() {
        let text = text(json);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let outcomes: Vec<&str> =
            value["results"].as_array().expect("a list").iter().filter_map(|r| r["outcome"].as_str()).collect();
        assert_eq!(outcomes, ["pass", "fail", "skip", "expected-fail"]);
        assert_eq!(value["results"][1]["adapter"], "x+y");
        assert_eq!(value["results"][1]["message"], "- 1 < 2\n+ \"\u{1}\"");
    }
}
