//! Compares the outcomes of both encoders.

use crate::encoders::{self, Outcome};
use crate::inputs::{Binaries, Inputs};
use crate::known::{self, Class};

/// Result of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Both encoders produced equivalent components.
    Same,
    /// Both encoders rejected the input. Contains this project's error message without names.
    Refused(String),
    /// A known difference.
    Known(&'static Class, Finding),
    /// An unknown difference.
    Finding(Finding),
}

/// A difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Kind of the difference. Findings of one kind probably have the same cause.
    pub kind: String,
    /// Full description.
    pub detail: String,
}

impl Finding {
    /// Formats the kind and the detail for a file.
    pub fn text(&self) -> String {
        format!("{}\n\n{}\n", self.kind, self.detail.trim_end())
    }
}

/// Outcomes of both encoders.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Outcome of this project's encoder.
    pub ours: Outcome,
    /// Outcome of the reference encoder.
    pub reference: Outcome,
}

/// Runs both encoders and compares their outcomes.
///
/// # Errors
///
/// Returns an error if the inputs are invalid text.
pub fn compare(inputs: &Inputs) -> anyhow::Result<Verdict> {
    let binaries = inputs.binaries()?;
    let pair = encode(&binaries);
    Ok(judge(&binaries, &pair))
}

/// Runs both encoders.
pub fn encode(binaries: &Binaries) -> Pair {
    Pair { ours: encoders::ours(binaries), reference: encoders::reference(binaries) }
}

/// Compares two outcomes.
pub fn judge(binaries: &Binaries, pair: &Pair) -> Verdict {
    match difference(pair) {
        Ok(verdict) => verdict,
        Err(finding) => match known::class(binaries, pair) {
            Some(class) => Verdict::Known(class, finding),
            None => Verdict::Finding(finding),
        },
    }
}

fn difference(pair: &Pair) -> Result<Verdict, Finding> {
    match (&pair.ours, &pair.reference) {
        (Outcome::Component(ours), Outcome::Component(reference)) => {
            if ours.wit != reference.wit {
                return Err(finding("the worlds differ", &lines(&reference.wit, &ours.wit)));
            }
            if ours.needs != reference.needs {
                let diff = reference.needs.diff(&ours.needs);
                return Err(finding("the canonical ABI uses differ", &format!("- reference, + ours\n{diff}")));
            }
            Ok(Verdict::Same)
        }
        (Outcome::Refused(ours), Outcome::Refused(_)) => Ok(Verdict::Refused(plain(ours))),
        (ours, reference) => {
            let kind = format!("ours: {}; reference: {}", word(ours), word(reference));
            Err(finding(&kind, &format!("ours:\n{}\n\nreference:\n{}\n", text(ours), text(reference))))
        }
    }
}

fn finding(kind: &str, detail: &str) -> Finding {
    Finding { kind: kind.to_string(), detail: detail.to_string() }
}

/// Summarizes an outcome without names, so that outcomes with the same cause have the same text.
fn word(outcome: &Outcome) -> String {
    let (what, message) = match outcome {
        Outcome::Component(_) => return "a component".to_string(),
        Outcome::Invalid(message) => ("an invalid component", message),
        Outcome::Refused(message) => ("refused", message),
        Outcome::Panicked(message) => ("a panic", message),
    };
    format!("{what} ({})", plain(message))
}

/// Returns the first line of a message without names and numbers.
pub fn plain(message: &str) -> String {
    let mut plain = String::new();
    for (number, part) in message.lines().next().unwrap_or_default().split('`').enumerate() {
        plain += if number % 2 == 0 { part } else { "_" };
    }
    let mut out = String::new();
    for word in plain.split(' ') {
        let number = word.trim_matches(['(', ')', ':', ',']).starts_with(|c: char| c.is_ascii_digit());
        out += if number { "N" } else { word };
        out.push(' ');
    }
    out.trim_end().to_string()
}

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Component(component) => format!("a component\n{}", component.wit),
        Outcome::Invalid(message) => format!("an invalid component: {message}"),
        Outcome::Refused(message) => format!("refused: {message}"),
        Outcome::Panicked(message) => format!("a panic: {message}"),
    }
}

/// Returns a line diff of two texts.
fn lines(reference: &str, ours: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (reference.lines().collect(), ours.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut out = String::from("- reference, + ours\n");
    let mut push = |mark: char, lines: &[&str]| lines.iter().for_each(|line| out += &format!("{mark} {line}\n"));
    push(' ', &old[..head]);
    push('-', &old[head..old.len() - tail]);
    push('+', &new[head..new.len() - tail]);
    push(' ', &old[old.len() - tail..]);
    out
}
