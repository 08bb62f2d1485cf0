//! Whatever the bytes: an error that says what is wrong, and no panic.

use polyfill_bundle::{About, Bundle, BundleError, Versions};
use polyfill_runner::{Boundary, End, Event, Outcome, Trace};

fn bundle() -> Bundle {
    let component = wat::parse_str(r#"(component (core module $m (func (export "run"))))"#).unwrap();
    let event = Event {
        boundary: Boundary::Import,
        within: None,
        function: "a:b/c@0.1.0.f".into(),
        arguments: vec!["\"x\"".into()],
        end: End::Returned(Some("ok(1)".into())),
    };
    let about = About {
        format: 1,
        versions: Versions { polyfill: "0.1.0".into(), wasmtime: "48".into() },
        trial: "guest::case::adapter::wasi".into(),
        guest: "guest".into(),
        case: Default::default(),
        adapters: Vec::new(),
        outcome: Outcome::Exit(3),
        returned: Vec::new(),
        stdout: b"text".to_vec(),
        stderr: vec![0xff, 0],
        verdict: String::new(),
        failed: None,
        sanitize: None,
    };
    Bundle {
        about,
        component,
        trace: Trace { events: vec![event], dropped: 0 },
        main: None,
        adapters: vec![vec![1, 2]],
    }
}

#[test]
fn what_is_written_is_read() {
    let bundle = bundle();
    let file = bundle.write();
    let read = Bundle::read(&file).unwrap();
    assert_eq!((read.about, read.component), (bundle.about, bundle.component));
    assert_eq!((read.trace, read.main, read.adapters), (bundle.trace, bundle.main, bundle.adapters));
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&file).unwrap();
}

#[test]
fn every_beginning_is_refused_or_another_bundle() {
    let file = bundle().write();
    for length in 0..file.len() {
        drop(Bundle::read(&file[..length]));
    }
}

#[test]
fn every_wrong_byte_is_refused_or_another_bundle() {
    let file = bundle().write();
    for at in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut wrong = file.clone();
            wrong[at] ^= flip;
            drop(Bundle::read(&wrong));
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    assert!(matches!(Bundle::read(b"text"), Err(BundleError::NoComponent)));
    let plain = bundle().component;
    let error = Bundle::read(&plain).unwrap_err().to_string();
    assert_eq!(
        error,
        "the component holds no section `polyfill:bundle`: it is no bundle (`polyfill record` makes them)"
    );
    let mut other = bundle();
    other.about.format = 9;
    assert_eq!(
        Bundle::read(&other.write()).unwrap_err().to_string(),
        "a bundle of format 9; this harness reads format 1"
    );
}
