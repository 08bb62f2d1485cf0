//! What is in a bundle, for people.

use std::fmt::Write as _;

use polyfill_runner::lines;

use crate::format::Bundle;

/// Everything but the modules, of which the sizes are told.
pub fn show(bundle: &Bundle) -> String {
    let about = &bundle.about;
    let mut text = String::new();
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    line(about.trial.clone());
    line(format!("recorded by polyfill {} with wasmtime {}", about.versions.polyfill, about.versions.wasmtime));
    if let Some(description) = &about.case.description {
        line(description.trim_end().to_string());
    }
    line(String::new());
    line(format!("component  {} bytes", bundle.component.len()));
    if let Some(main) = &bundle.main {
        line(format!("main       {} bytes", main.len()));
    }
    for (adapter, module) in about.adapters.iter().zip(&bundle.adapters) {
        line(format!("adapter    {} bytes, {} for {}", module.len(), adapter.name, adapter.implements.join(", ")));
    }
    line(String::new());
    line(format!("outcome: {}", about.outcome));
    line(about.outcome.backtrace().trim_end().to_string());
    for (name, bytes) in [("stdout", &about.stdout), ("stderr", &about.stderr)] {
        if !bytes.is_empty() {
            line(format!("{name}: {}", polyfill_runner::bytes_text(bytes)));
        }
    }
    line(format!("\ntrace ({} calls):", bundle.trace.events.len()));
    for call in lines(&bundle.trace) {
        line(format!("  {call}"));
    }
    if !about.verdict.is_empty() {
        line(format!("\nverdict:\n{}", about.verdict.trim_end()));
    }
    text
}
