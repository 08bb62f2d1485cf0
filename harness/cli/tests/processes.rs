//! The command ended by signals, given files without an end, and run with numbers and variables that make no sense.
//! Each test has a directory for temporary files of its own.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

/// A guest that never ends.
const ENDLESS: &str = r#"(module (memory (export "memory") 1) (func (export "_start") (loop $again (br $again))))"#;

/// A guest that ends at once.
const SHORT: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

/// The component of a command.
const COMMAND: &str = r#"(component
    (core module $main (func (export "run") (result i32) (i32.const 0)))
    (core instance $main (instantiate $main))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $exported (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $exported)))"#;

/// Generous timeout: events arrive within milliseconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A suite and a directory for temporary files.
struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        fs::create_dir(place.temporary()).unwrap();
        for (name, content) in files {
            let path = place.at(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn temporary(&self) -> PathBuf {
        self.at("tmp")
    }

    fn polyfill(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polyfill"));
        command.args(arguments).current_dir(self.0.path()).env("TMPDIR", self.temporary());
        command.env_remove("CI").env_remove("BLESS").env_remove("POLYFILL_REQUIRE");
        command.env("CARGO_TARGET_DIR", self.at("target")).stdin(Stdio::null());
        // Shell for the scripts and hosts here, on a machine whose path contains only Rust and a linker.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/bin"));
        command
    }

    fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.polyfill(arguments);
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Runs a command that must end by itself.
    fn run(&self, command: &mut Command) -> (ExitStatus, String) {
        let mut running = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let status = running.wait();
        let mut text = String::new();
        running.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        running.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        (status, text)
    }

    fn left_behind(&self) -> Vec<String> {
        let entries = fs::read_dir(self.temporary()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    /// Returns the running guests of [`endless`].
    fn guests_with_files(&self) -> usize {
        let parents = self.left_behind().into_iter().map(|name| self.temporary().join(name));
        let folders = parents.flat_map(|parent| fs::read_dir(parent).into_iter().flatten().flatten());
        folders.filter(|folder| folder.path().join("deep/er/file").exists()).count()
    }

    /// Returns the process whose id a script has written.
    fn process(&self, file: &str) -> Pid {
        let path = self.at(file);
        wait_until(&format!("{} is written", path.display()), || {
            fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n'))
        });
        Pid::from_raw(fs::read_to_string(path).unwrap().trim().parse().unwrap()).unwrap()
    }
}

/// A process of a test. Killed at the end of the test.
struct Running(Child);

impl Running {
    fn kill(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            match self.0.try_wait().unwrap() {
                Some(status) => return status,
                None if begun.elapsed() > PATIENCE => panic!("it does not end"),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "it never happens that {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns true if the process is alive. A zombie counts as dead.
fn is_gone(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    test_kill_process(process).is_err() || status.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('Z'))
}

/// Returns the signals that this process does not ignore. Some are ignored under `nohup`.
fn signals() -> Vec<Signal> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    let all = [Signal::INT, Signal::TERM, Signal::HUP];
    all.into_iter().filter(|signal| ignored & (1 << (signal.as_raw() - 1)) == 0).collect()
}

/// A guest that runs for a long time on `native`, with files.
fn endless() -> Place {
    let case = "hosts = ['native']\nlimits = { time-ms = 600000 }\nfiles = { 'deep/er/file' = 'x' }\n";
    Place::new(&[("guests/spin.wat", ENDLESS), ("guests/spin.files.case.toml", case)])
}

#[test]
fn signals_remove_private_directories_and_show_in_the_exit_status() {
    for signal in signals() {
        let place = endless();
        let mut running = place.start(&["test"]);
        wait_until("the guest has its files", || place.guests_with_files() == 1);
        running.kill(signal);
        assert_eq!(running.wait().signal(), Some(signal.as_raw()));
        assert_eq!(place.left_behind(), [""; 0], "after {signal:?}");
    }
}

#[test]
fn signals_kill_external_hosts_and_their_child_processes() {
    let host = "command = ['sh', 'host.sh']\ncapabilities = ['calls']\n";
    let script = "read line; echo '{\"hello\": {\"protocol\": 1}}'\nread line\n: >\"$TMPDIR/left\"\n\
                  sh -c 'kill -STOP $$' &\necho $! >child\necho $$ >leader\nwait\n";
    for signal in signals() {
        let place = Place::new(&[("hosts/own.toml", host), ("host.sh", script), ("hello.wat", COMMAND)]);
        let mut running = place.start(&["run", "hello.wat", "--host", "own"]);
        let (leader, child) = (place.process("leader"), place.process("child"));
        running.kill(signal);
        assert_eq!(running.wait().signal(), Some(signal.as_raw()));
        wait_until("the host is gone", || is_gone(leader) && is_gone(child));
        assert_eq!(place.left_behind(), [""; 0], "after {signal:?}");
    }
}

#[test]
fn an_external_host_that_sends_only_the_end_fails() {
    let polite = "read line; echo '{\"hello\": {\"protocol\": 1}}'; read line\n";
    let end = "echo '{\"end\": {\"outcome\": \"returned\"}}'\n";
    let [started, returned] = ["echo '\"started\"'\n", "echo '{\"returned\": {\"value\": {\"ok\": null}}}'\n"];
    let stray = "read line; echo late; exit 0";
    for (script, expected) in [
        (vec![polite, started, returned, end, "read line || exit 0"], None),
        (vec![polite, end, "read line"], Some("message `end` with `returned` in the state `preparing`")),
        (vec![polite, started, end, "read line"], Some("message `end` with `returned` in the state `running`")),
        (vec![polite, started, returned, end, stray], Some("invalid message in the state `idle`")),
        (vec![polite, started, returned, end, "exit 7"], Some("exited after a run (exit status: 7)")),
    ] {
        let host = "command = ['sh', 'host.sh']\ncapabilities = ['calls']\n";
        let place = Place::new(&[("hosts/own.toml", host), ("host.sh", &script.concat()), ("hello.wat", COMMAND)]);
        let (status, text) = place.run(&mut place.polyfill(&["run", "hello.wat", "--host", "own"]));
        assert_eq!(status.success(), expected.is_none(), "{text}");
        assert!(text.contains(expected.unwrap_or_default()), "{text}");
    }
}

#[test]
fn signals_kill_compilers_and_their_child_processes() {
    let script = "case $1 in prepare) echo 1;; *)\n: >\"$TMPDIR/left\"\nsh -c 'kill -STOP $$' &\necho $! >child\n\
                  echo $$ >leader\nwait;; esac\n";
    let place = Place::new(&[("toolchains/slow.sh", script), ("guests/g.slow", "")]);
    let mut running = place.start(&["test"]);
    let (leader, child) = (place.process("leader"), place.process("child"));
    running.kill(Signal::TERM);
    assert_eq!(running.wait().signal(), Some(Signal::TERM.as_raw()));
    wait_until("the compiler is gone", || is_gone(leader) && is_gone(child));
    assert_eq!(place.left_behind(), [""; 0]);
}

#[test]
fn a_later_run_removes_the_directories_of_a_killed_run() {
    let place = endless();
    let mut running = place.start(&["test"]);
    wait_until("the guest has its files", || place.guests_with_files() == 1);
    running.kill(Signal::KILL);
    running.wait();
    let left = place.left_behind();
    assert_eq!(left.len(), 1);
    fs::create_dir_all(place.temporary().join("polyfill-of-another/0")).unwrap();
    // Another live process keeps its directory.
    let mut alive = place.start(&["test"]);
    wait_until("the private directory is another one", || {
        place.left_behind().iter().all(|name| !left.contains(name)) && place.guests_with_files() == 1
    });
    let mut again = place.start(&["run", "spin", "--host", "native"]);
    wait_until("both guests have their files", || place.guests_with_files() == 2);
    again.kill(Signal::TERM);
    again.wait();
    alive.kill(Signal::TERM);
    alive.wait();
    assert_eq!(place.left_behind(), ["polyfill-of-another"]);
}

#[test]
fn fifos_and_devices_are_rejected_as_files() {
    let place = Place::new(&[
        ("main.wat", SHORT),
        ("main.wit", "package a:b; world main {}"),
        ("wit/main.wit", "package a:b; world main {}"),
        ("wit/deps/x/y.wit", "package c:d;"),
        ("suite/guests/main.wat", SHORT),
        ("hosts/own.toml", "command = ['true']"),
    ]);
    let fifo = |name: &str| {
        let path = place.at(name);
        let _ = fs::remove_file(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    };
    let refused = |arguments: &[&str], named: &str, kind: &str| {
        let (status, text) = place.run(&mut place.polyfill(arguments));
        assert_eq!(status.code(), Some(1), "{arguments:?}: {text}");
        let expected = [named, &format!("is {kind}; expected a regular file")];
        assert!(expected.iter().all(|part| text.contains(part)), "{arguments:?}: {text}");
    };
    fifo("fifo");
    fifo("fifo.wat");
    for arguments in [
        &["encode", "fifo"][..],
        &["explain", "fifo"],
        &["check", "fifo"],
        &["run", "fifo.wat"],
        &["run", "main.wat", "--stdin", "fifo"],
        &["encode", "main.wat", "--adapt", "a=fifo"],
        &["encode", "main.wat", "--wit", "fifo"],
        &["encode", "main.wat", "--adapt", "a=main.wat:fifo"],
        &["show", "fifo"],
        &["replay", "fifo"],
        &["shrink", "fifo"],
        &["standalone", "fifo", "-o", "out"],
    ] {
        refused(arguments, "fifo", "a FIFO");
    }
    refused(&["encode", "/dev/zero"], "/dev/zero", "a character device");
    refused(&["run", "main.wat", "--stdin", "/dev/zero"], "/dev/zero", "a character device");
    for file in ["wit/more.wit", "wit/deps/y.wit", "wit/deps/x/z.wit"] {
        fifo(file);
        refused(&["encode", "main.wat", "--wit", "wit"], file, "a FIFO");
        fs::remove_file(place.at(file)).unwrap();
    }
    // In a suite: a guest in each kind of language, a case, a golden, an adapter, a sidecar.
    for file in [
        "guests/a.wat",
        "guests/a.rs",
        "guests/a.c",
        "guests/a/main.c",
        "guests/main.a.case.toml",
        "guests/main.toml",
        "guests/main.stdout",
        "adapters/a.wat",
        "adapters/a.toml",
        "hosts/a.toml",
        "toolchains/x.sh",
    ] {
        fifo(&format!("suite/{file}"));
        refused(&["test", "--suite", "suite"], file, "a FIFO");
        fs::remove_file(place.at(&format!("suite/{file}"))).unwrap();
    }
    // Named by a case, outside of the directory of guests.
    for key in [
        "stdin = { file = '/dev/zero' }",
        "files = { a = { file = '/dev/zero' } }",
        "expect.stdout = { file = '/dev/zero' }",
    ] {
        fs::write(place.at("suite/guests/main.a.case.toml"), key).unwrap();
        refused(&["test", "--suite", "suite"], "/dev/zero", "a character device");
    }
    let testsuite = |file: &str| {
        fifo(&format!("testsuite/{file}"));
        refused(&["test", "--wasi-testsuite", "testsuite"], file, "a FIFO");
        fs::remove_file(place.at(&format!("testsuite/{file}"))).unwrap();
    };
    fs::create_dir_all(place.at("testsuite/dir")).unwrap();
    fs::copy(place.at("main.wat"), place.at("testsuite/a.wasm")).unwrap();
    fs::write(place.at("testsuite/a.json"), r#"{"dirs": ["dir"]}"#).unwrap();
    testsuite("dir/data");
    fs::remove_file(place.at("testsuite/a.json")).unwrap();
    testsuite("a.json");
    testsuite("b.wasm");
}

#[test]
fn standard_input_is_accepted_as_a_file() {
    let place = Place::new(&[("main.wat", SHORT)]);
    let mut child = place.polyfill(&["encode", "/dev/stdin", "--wat"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(SHORT.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"(component"));
}

#[test]
fn waiting_for_the_lock_of_another_process_is_reported_once() {
    let place = Place::new(&[("guests/main.wat", SHORT), ("guests/main.a.case.toml", "hosts = ['native']")]);
    assert!(place.run(&mut place.polyfill(&["test"])).0.success());
    let work = fs::read_dir(place.at("target/polyfill")).unwrap().next().unwrap().unwrap().path();
    let lock = File::options().write(true).open(work.join("lock")).unwrap();
    lock.lock().unwrap();
    lock.set_len(0).unwrap();
    (&lock).write_all(b"4321").unwrap();
    let mut running = place.start(&["test"]);
    let mut stderr = BufReader::new(running.0.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    assert!(first.contains("process 4321") && first.contains(work.join("lock").to_str().unwrap()), "{first}");
    lock.unlock().unwrap();
    assert!(running.wait().success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("waiting"), "{rest}");
}

#[test]
fn the_number_of_threads_is_bounded() {
    let place = Place::new(&[("guests/main.wat", SHORT), ("guests/main.a.case.toml", "hosts = ['native']")]);
    for threads in ["100000", "18446744073709551615", "0", "many", ""] {
        let (status, text) = place.run(place.polyfill(&["test"]).env("RAYON_NUM_THREADS", threads));
        assert!(status.success(), "{threads}: {text}");
    }
}

#[test]
fn empty_environment_variables_count_as_unset() {
    let place =
        Place::new(&[("suite/guests/main.wat", SHORT), ("suite/guests/main.a.case.toml", "hosts = ['native']")]);
    let mut command = place.polyfill(&["test", "--suite", "suite"]);
    for name in ["CARGO_TARGET_DIR", "TMPDIR", "BLESS", "CI", "POLYFILL_REQUIRE", "POLYFILL_ENGINES", "CARGO_HOME"] {
        command.env(name, "");
    }
    let (status, text) = place.run(&mut command);
    assert!(status.success(), "{text}");
    assert!(place.at("suite/target/polyfill").is_dir());
    let mut here: Vec<String> =
        fs::read_dir(place.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    here.sort();
    assert_eq!(here, ["suite", "tmp"]);
}

#[test]
fn a_closed_output_does_not_panic() {
    let place = Place::new(&[
        ("main.wat", SHORT),
        ("guests/main.wat", SHORT),
        ("guests/main.a.case.toml", "hosts = ['native']\nexpect.exit = 1"),
    ]);
    for arguments in [
        &["encode", "main.wat", "--wat"][..],
        &["explain", "main.wat", "-v"],
        &["schema"],
        &["test"],
        &["test", "--list"],
        &["encode", "missing.wat"],
        &["--help"],
    ] {
        for stream in ["stdout", "stderr"] {
            // A pipe whose read end is closed.
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = place.polyfill(arguments);
            let (kept, text) = (place.at("kept"), |path: &Path| fs::read_to_string(path).unwrap());
            let file = File::create(&kept).unwrap();
            match stream {
                "stdout" => command.stdout(writer).stderr(file),
                _ => command.stderr(writer).stdout(file),
            };
            let status = Running(command.spawn().unwrap()).wait();
            assert!(!text(&kept).contains("panicked"), "{arguments:?}: {}", text(&kept));
            assert_ne!(status.code(), Some(101), "{arguments:?}");
        }
    }
}
