//! Malformed recordings: every input is rejected with an error, without a panic.

mod fixture;

use polyfill_recording::{About, Recording, RecordingError};
use polyfill_runner::{Boundary, End, Event, Outcome, Trace};

fn recording() -> Recording {
    let component = wat::parse_str(r#"(component (core module $m (func (export "run"))))"#).unwrap();
    let event = Event {
        boundary: Boundary::Import,
        within: None,
        function: "a:b/c@0.1.0.f".into(),
        arguments: vec!["\"x\"".into()],
        end: End::Returned(Some("ok(1)".into())),
    };
    let recording = fixture::recording(component, Default::default(), Outcome::Exit(3));
    let about = About { stdout: b"text".to_vec(), stderr: vec![0xff, 0], ..recording.about };
    Recording { about, trace: Trace { events: vec![event], dropped: 0 }, adapters: vec![vec![1, 2]], ..recording }
}

#[test]
fn a_written_recording_is_read_back() {
    let recording = recording();
    let file = recording.write();
    let read = Recording::read(&file).unwrap();
    assert_eq!((read.about, read.component), (recording.about, recording.component));
    assert_eq!((read.trace, read.main, read.adapters), (recording.trace, recording.main, recording.adapters));
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&file).unwrap();
}

#[test]
fn every_truncated_recording_is_rejected_or_valid() {
    let file = recording().write();
    for length in 0..file.len() {
        drop(Recording::read(&file[..length]));
    }
}

#[test]
fn every_recording_with_a_wrong_byte_is_rejected_or_valid() {
    let file = recording().write();
    for at in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut wrong = file.clone();
            wrong[at] ^= flip;
            drop(Recording::read(&wrong));
        }
    }
}

#[test]
fn errors_describe_the_malformed_section() {
    assert!(matches!(Recording::read(b"text"), Err(RecordingError::NoComponent)));
    let plain = recording().component;
    let error = Recording::read(&plain).unwrap_err().to_string();
    assert_eq!(
        error,
        "not a recording: the component has no section `polyfill:recording`\n  help: create a recording with `polyfill record`"
    );
    let mut other = recording();
    other.about.format = 9;
    assert_eq!(
        Recording::read(&other.write()).unwrap_err().to_string(),
        "unsupported recording format: expected 1, found 9"
    );
}
