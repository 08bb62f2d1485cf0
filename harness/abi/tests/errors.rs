//! Invalid descriptions: each file `errors/NAME.witx`, with hints in `NAME.toml` if it exists, has the error in
//! `NAME.stderr`.

use std::path::Path;

use polyfill_abi::{Abi, Source};
use polyfill_testing::golden;

#[test]
fn invalid_descriptions_are_rejected() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut count = 0;
    let mut failed = Vec::new();
    for file in std::fs::read_dir(&directory).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "witx") {
            continue;
        }
        count += 1;
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut source = Source::single(name, &std::fs::read_to_string(&path).unwrap());
        if let Ok(hints) = std::fs::read_to_string(path.with_extension("toml")) {
            source = source.with_hints(&name.replace(".witx", ".toml"), &hints);
        }
        let error = Abi::parse(&source).expect_err(name);
        failed.extend(golden::check(&path.with_extension("stderr"), &format!("{error}\n")).err());
    }
    assert!(count > 15);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
