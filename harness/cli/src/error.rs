//! Messages of errors that end a command. Each message is printed as `error: ..`.

use std::collections::BTreeSet;

use anyhow::bail;
use polyfill_builder::reference::IMPORT_MODULE;
use polyfill_builder::{BuildError, Gated, Problems};
use polyfill_encoder::{Error as Found, Errors};
use thiserror::Error;

/// Errors of an encoding: one message each.
#[derive(Debug, Error)]
#[error("{}", self.messages().join("\n"))]
pub(crate) struct NotEncoded {
    errors: Errors,
    /// Help, if an excluded WIT feature causes one of the errors.
    help: Option<String>,
}

impl NotEncoded {
    pub(crate) fn new(errors: Errors, left_out: &Gated) -> NotEncoded {
        let help = help(errors.iter(), left_out);
        NotEncoded { errors, help }
    }

    fn messages(&self) -> Vec<String> {
        let Some(help) = &self.help else { return with_advice(&self.errors) };
        let mut messages: Vec<String> = self.errors.iter().map(ToString::to_string).collect();
        if let Some(last) = messages.last_mut() {
            *last = format!("{last}\n{help}");
        }
        messages
    }
}

/// Returns all messages of an error. Commands that validate a whole input report several.
pub(crate) fn messages(error: &anyhow::Error) -> Vec<String> {
    if let Some(errors) = error.downcast_ref::<NotEncoded>() {
        return errors.messages();
    }
    if let Some(BuildError::Layout(Problems(problems))) = error.downcast_ref() {
        return problems.clone();
    }
    vec![with_causes(error)]
}

/// Returns the message of an error and its causes. Most errors of the libraries include their cause, which must not
/// be printed twice.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().skip(1).fold(error.to_string(), |message, cause| {
        let cause = cause.to_string();
        if message.contains(&cause) { message } else { format!("{message}: {cause}") }
    })
}

/// Returns the messages of an encoding. The first one about preview1 names the published adapters.
fn with_advice(errors: &Errors) -> Vec<String> {
    let is_preview1 =
        |error: &Found| matches!(error, Found::UnknownImport { import_module, .. } if import_module == IMPORT_MODULE);
    let first = errors.iter().position(is_preview1);
    let advice = format!(
        "\n  help: `{IMPORT_MODULE}` is WASI preview1: add the newest published adapter: `--adapt reference-command` for a module \
         with `_start`, otherwise `--adapt reference-reactor`"
    );
    let messages = errors.iter().enumerate().map(|(number, error)| {
        let advice = if Some(number) == first { &*advice } else { "" };
        format!("{error}{advice}")
    });
    messages.collect()
}

/// Returns an error if there are filters that match no trial.
pub(crate) fn refuse_idle(words: &[String]) -> anyhow::Result<()> {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    if !quoted.is_empty() {
        bail!("no trial name contains {}", quoted.join(", "));
    }
    Ok(())
}

/// Returns an error for a host that does not exist.
pub(crate) fn unknown_host(host: &str, available: &[&str]) -> anyhow::Error {
    anyhow::anyhow!("unknown host `{host}`\n  help: available hosts: {}", available.join(", "))
}

/// Returns the help for errors caused by excluded WIT features.
pub(crate) fn help<'a>(errors: impl Iterator<Item = &'a Found>, left_out: &Gated) -> Option<String> {
    let mut features = BTreeSet::new();
    for error in errors {
        features.extend(left_out.missed_by(error).map(str::to_string));
    }
    let list: Vec<String> = features.into_iter().collect();
    let flag = (!list.is_empty()).then(|| list.join(","))?;
    Some(format!("  help: `@unstable` items of the WIT are excluded by default: include them with `--features {flag}`"))
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;
    use polyfill_builder::module::ModuleError;

    use super::*;

    #[test]
    fn each_cause_is_printed_once() {
        let denied = || io::Error::new(io::ErrorKind::PermissionDenied, "denied");
        let context = Err::<(), _>(denied()).context("cannot read `x`").unwrap_err();
        assert_eq!(messages(&context), ["cannot read `x`: denied"]);
        let included = ModuleError::Read { path: "x".into(), source: denied() };
        assert_eq!(messages(&included.into()), ["cannot read `x`: denied"]);
    }

    #[test]
    fn each_problem_of_a_suite_has_a_message() {
        let problems = Problems(vec!["one".to_string(), "two".to_string()]);
        assert_eq!(messages(&BuildError::Layout(problems).into()), ["one", "two"]);
    }
}
