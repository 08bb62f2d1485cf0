//! The project's own suite once more, with a check of main's memory around each call into an adapter: whatever the
//! language of the guest, and in whose memory the adapter works.
//!
//! `memory.txt` says of which cases that looks at a part only, or at nothing, and why; `BLESS=1` writes it.

mod counters;

use std::path::Path;
use std::{env, fs};

use polyfill_build::Suite;
use polyfill_build::index::Cell;
use polyfill_runner::{Compared, Runner, Verdict};

#[test]
fn adapters_write_where_they_may_and_nowhere_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Suite::new(root).sanitize(true).build().expect("the suite makes sense");
    let runner = Runner::new(&built.out_dir)
        .root(root)
        .bless(false)
        .repeat("polyfill test --sanitize")
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker);
    // What published adapters do to memory is for the matrix of their bugs.
    let is_ours = |cell: &Cell| !cell.adapter.contains("reference-");
    let results = runner.run_cells(is_ours, 0, |_| {}).expect("the index was just written");

    let mut reports = String::new();
    for result in &results {
        if let Verdict::Failed { report } = &result.verdict {
            reports.push_str(&format!("---- {} ----\n{report}\n", result.name));
        }
    }
    assert!(reports.is_empty(), "{reports}");

    // That nothing is found must not be for want of looking.
    let cells = built.index.cells.iter().filter(|cell| is_ours(cell));
    let compared = Compared::of(cells.zip(&results));
    println!("{compared}");
    expect(&root.join("tests/memory.txt"), &compared.gaps());
}

fn expect(file: &Path, seen: &str) {
    if env::var_os("BLESS").is_some() {
        assert!(env::var_os("CI").is_none(), "BLESS is refused under CI");
        fs::write(file, seen).expect("the file can be written");
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert!(seen == expected, "not what memory.txt says (BLESS=1 accepts it):\n{seen}");
}
