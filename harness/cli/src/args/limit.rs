//! Option `--limit` of the commands that run a single guest.

use clap::Args;
use polyfill_builder::case::CaseLimits;

/// Limits of the guest.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Limit the resources of the guest; `none` removes a limit; can be repeated
    ///
    /// KEY is one of the keys of `limits` in a case: time-ms, fuel, memory-pages, output (bytes), files (bytes),
    /// handles.
    #[arg(long = "limit", value_name = "KEY=NUMBER", value_parser = limit)]
    limits: Vec<CaseLimits>,
}

impl LimitArgs {
    /// Merges all `--limit` options. The last one wins for a repeated key.
    pub(crate) fn all(&self) -> CaseLimits {
        self.limits.iter().fold(CaseLimits::default(), |all, one| CaseLimits {
            time_ms: one.time_ms.or(all.time_ms),
            fuel: one.fuel.or(all.fuel),
            memory_pages: one.memory_pages.or(all.memory_pages),
            output: one.output.or(all.output),
            files: one.files.or(all.files),
            handles: one.handles.or(all.handles),
        })
    }
}

fn limit(text: &str) -> Result<CaseLimits, String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=NUMBER, as in `time-ms=60000`")?;
    let value = match value {
        "none" => u64::MAX,
        number => number.parse().map_err(|_| format!("`{number}`: expected a number or `none`"))?,
    };
    let bytes = Some(usize::try_from(value).unwrap_or(usize::MAX));
    let limits = CaseLimits::default();
    Ok(match key {
        "time-ms" => CaseLimits { time_ms: Some(value), ..limits },
        "fuel" => CaseLimits { fuel: Some(value), ..limits },
        "memory-pages" => CaseLimits { memory_pages: Some(value), ..limits },
        "output" => CaseLimits { output: bytes, ..limits },
        "files" => CaseLimits { files: bytes, ..limits },
        "handles" => CaseLimits { handles: bytes, ..limits },
        _ => {
            let keys = "time-ms, fuel, memory-pages, output, files, handles";
            return Err(format!("unknown limit `{key}`: expected one of {keys}"));
        }
    })
}
