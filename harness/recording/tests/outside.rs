//! Replay of an untrusted recording on a host: accesses are confined to the private directory of the run.

#![cfg(unix)]

mod fixture;

use std::fs;
use std::path::Path;
use std::time::Duration;

use polyfill_encoder::{Adapter, Input, Options, Source, encode};
use polyfill_recording::{Goal, Recording, ReplayOptions, replay, shrink_case};
use polyfill_runner::case::CaseLimits;
use polyfill_runner::{Engine, Hosts, Outcome};

/// Creates the file `owned` in its first directory, and exits with an error if it can read the file `secret`.
const GUEST: &str = r#"
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00" "\01\00\00\00" "owned" "secret")
  (func (export "_start")
    (drop (call $open (i32.const 3) (i32.const 1) (i32.const 8) (i32.const 5) (i32.const 1)
      (i64.const 0x42) (i64.const 0x42) (i32.const 0) (i32.const 32)))
    (if (i32.eqz (call $open (i32.const 3) (i32.const 1) (i32.const 13) (i32.const 6) (i32.const 0)
          (i64.const 0x2) (i64.const 0x2) (i32.const 0) (i32.const 32)))
      (then
        (drop (call $read (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 36)))
        (call $exit (i32.load8_u (i32.const 64)))))))
"#;

fn component() -> Vec<u8> {
    let main = wat::parse_str(GUEST).unwrap();
    let reference = polyfill_reference::find("reference-command@48.0.8").unwrap().unwrap();
    let input = Input {
        main: Source { name: "guest".into(), wasm: &main, wit: None },
        adapters: vec![Adapter::new("wasi_snapshot_preview1", reference.wasm())],
    };
    encode(&input, &Options::default()).unwrap().component
}

fn recording(component: &[u8], case: &str, outcome: Outcome) -> Recording {
    fixture::recording(component.to_vec(), toml::from_str(case).unwrap(), outcome)
}

/// Returns the paths and the contents of all files below a directory.
fn listing(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path))
        } else {
            found.push(format!("{}: {:?}", path.display(), fs::read(&path).unwrap()))
        }
    }
    found.sort();
    found
}

#[test]
fn a_replay_has_no_access_outside_of_its_directory() {
    let component = component();
    let engine = Engine::new(None).unwrap();
    let hosts = Hosts::default();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("folder")).unwrap();
    fs::write(outside.path().join("secret"), "!").unwrap();
    fs::write(outside.path().join("folder/secret"), "!").unwrap();
    let before = listing(outside.path());
    let at = outside.path().display();
    let up = "../".repeat(12);
    let links = format!("l = {{ link = '{at}' }}\n'd/l' = {{ link = '{up}{at}' }}\n'd/up' = {{ link = '..' }}");
    let cases = [
        format!("preopens = {{ '/' = '{at}' }}"),
        format!("preopens = {{ '/' = '{at}/folder' }}"),
        format!("preopens = {{ '/' = '{up}{at}' }}"),
        format!("preopens = {{ '/' = 'd/../{up}{at}' }}\n[files]\n'd/x' = ''"),
        format!("preopens = {{ '/' = {{ folder = '{at}', read-only = true }} }}"),
        format!("preopens = {{ '/' = 'l' }}\n[files]\n{links}"),
        format!("preopens = {{ '/' = 'l/folder' }}\n[files]\n{links}"),
        format!("preopens = {{ '/' = 'd/l' }}\n[files]\n{links}"),
        format!("preopens = {{ '/' = 'd/up' }}\n[files]\n{links}"),
        format!("[files]\n{links}\n'l/owned' = 'text'"),
        format!("[files]\n{links}\n'l/secret' = 'text'"),
        format!("[files]\n{links}\n'l/folder/owned' = {{ folder = true }}"),
        format!("[files]\n{links}\n'd/l/owned' = {{ link = 'x' }}"),
        format!("[files]\n'{at}/owned' = 'text'"),
        format!("[files]\n'{up}{at}/owned' = 'text'"),
        // The guest itself follows the link.
        format!("[files]\nowned = {{ link = '{at}/owned' }}\nsecret = {{ link = '{at}/secret' }}"),
    ];
    for case in &cases {
        for host in ["wasi", "wasi-async"] {
            let host = hosts.get(host);
            let recording = recording(&component, case, Outcome::Returned);
            let recording = Recording::read(&recording.write()).unwrap();
            let observation =
                replay(&recording, &engine, ReplayOptions { host, ..ReplayOptions::default() }).unwrap().observation;
            let is_refused = matches!(&observation.outcome, Outcome::NotRun(why) if why.contains("files"));
            let reaches_nothing = observation.outcome == Outcome::Returned && case.contains("owned = ");
            assert!(is_refused || reaches_nothing, "{case}: {}", observation.outcome);
            assert_eq!(listing(outside.path()), before, "{case}");
        }
    }
}

#[test]
fn shrinking_a_case_on_a_host_has_no_access_outside_of_its_directory() {
    let component = component();
    let engine = Engine::new(None).unwrap();
    let hosts = Hosts::default();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "!").unwrap();
    let before = listing(outside.path());
    let at = outside.path().display();
    for case in [
        format!("preopens = {{ '/' = '{at}' }}\n[files]\na = 'x'"),
        format!("preopens = {{ '/' = 'l' }}\n[files]\nl = {{ link = '{at}' }}\na = 'x'"),
        format!("[files]\nl = {{ link = '{at}' }}\n'l/owned' = 'x'"),
    ] {
        let mut recording = recording(&component, &case, Outcome::Returned);
        let host = hosts.get("wasi").unwrap();
        // The recorded outcome is untrusted, too. This one lets shrinking continue.
        recording.about.outcome =
            replay(&recording, &engine, ReplayOptions { host: Some(host), ..ReplayOptions::default() })
                .unwrap()
                .observation
                .outcome;
        let goal = Goal { calls: false, most: Duration::from_secs(5), limits: CaseLimits::default() };
        let _ = shrink_case(&recording, &engine, host, goal, |_, _| ());
        assert_eq!(listing(outside.path()), before, "{case}");
    }
}

/// Checks that the guest accesses these paths when they are in its directory.
#[test]
fn a_replay_has_access_to_its_directory() {
    let engine = Engine::new(None).unwrap();
    let hosts = Hosts::default();
    let recording = recording(&component(), "[files]\nsecret = '!'", Outcome::Exit(1));
    let observation =
        replay(&recording, &engine, ReplayOptions { host: hosts.get("wasi"), ..ReplayOptions::default() })
            .unwrap()
            .observation;
    assert_eq!(observation.outcome, Outcome::Exit(1));
    assert_eq!(observation.files.unwrap().keys().collect::<Vec<_>>(), ["owned", "secret"]);
}
