//! The process of a host: lines go in and come out, and nothing that it does, or does not do, holds the harness up.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use polyfill_build::descriptor::{Descriptor, find_program};

use super::protocol::{Event, Hello, PROTOCOL, Request};

/// Lines of which the harness has not heard yet: a host that says more than it can take waits.
const WAITING: usize = 256;

/// Bytes of a line. Output comes in pieces, and values have to fit.
const LONGEST: u64 = 256 << 20;

/// Bytes of standard error that are quoted: the last ones.
const QUOTED: usize = 4000;

/// What a host may take to say hello.
const GREETING: Duration = Duration::from_secs(60);

/// What it may take, once it has closed its output, to say the rest on standard error and to end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a host inherits of the environment.
const KEPT: [&str; 7] = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "LD_LIBRARY_PATH"];

/// A running host. It is ended when this is dropped.
pub(super) struct Process {
    child: Child,
    requests: Sender<String>,
    lines: Receiver<Line>,
    stderr: Arc<Mutex<Vec<u8>>>,
}

/// What comes from a host's output.
enum Line {
    Text(String),
    TooLong,
    Broken(String),
}

/// Why a host is not to be talked to any more, for people.
pub(super) struct Lost(pub String);

impl Process {
    /// Starts a host and greets it.
    pub(super) fn start(host: &Descriptor, root: &Path, cache: &Path) -> Result<Self, Lost> {
        let (name, arguments) = host.command.split_first().ok_or_else(|| Lost("it has no command".into()))?;
        let program = find_program(name).ok_or_else(|| Lost(format!("there is no program `{name}`")))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root).env_clear();
        command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Lost(format!("`{name}` cannot be started: {error}")))?;

        let (requests, lines) = (channel(), sync_channel(WAITING));
        let stderr = Arc::new(Mutex::new(Vec::new()));
        if let (Some(stdin), Some(stdout), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        {
            // They end with the process, or when nobody listens to them any more.
            thread::spawn(move || write(stdin, &requests.1));
            thread::spawn(move || read(stdout, &lines.0));
            let stderr = stderr.clone();
            thread::spawn(move || keep(errors, &stderr));
        }
        let mut process = Self { child, requests: requests.0, lines: lines.1, stderr };
        process.greet(cache)?;
        Ok(process)
    }

    fn greet(&mut self, cache: &Path) -> Result<(), Lost> {
        let cache = cache.display().to_string();
        self.send(&Request::Hello(Hello { protocol: PROTOCOL, cache }))?;
        match self.receive(Instant::now() + GREETING)? {
            Some(Event::Hello(hello)) if hello.protocol == PROTOCOL => Ok(()),
            Some(Event::Hello(hello)) => {
                Err(self.lost(format!("it speaks version {} of the protocol, not {PROTOCOL}", hello.protocol)))
            }
            Some(_) => Err(self.lost("the first thing that it says is not `hello`".into())),
            None => Err(self.lost(format!("it did not say hello within {} s", GREETING.as_secs()))),
        }
    }

    /// Tells it something. It is not waited for until it has heard.
    pub(super) fn send(&mut self, request: &Request) -> Result<(), Lost> {
        let mut line = serde_json::to_string(request).map_err(|error| Lost(format!("nothing to be told: {error}")))?;
        line.push('\n');
        // Where nobody writes any more, the output is closed, too: that is seen next.
        let _ = self.requests.send(line);
        Ok(())
    }

    /// The next thing that it says; nothing if it does not say it in time.
    pub(super) fn receive(&mut self, until: Instant) -> Result<Option<Event>, Lost> {
        let left = until.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(Line::Text(line)) => match serde_json::from_str(&line) {
                Ok(event) => Ok(Some(event)),
                Err(error) => Err(self.lost(format!("a line of it makes no sense: {error}\n  {}", quoted(&line)))),
            },
            Ok(Line::TooLong) => Err(self.lost(format!("a line of it has more than {LONGEST} bytes"))),
            Ok(Line::Broken(why)) => Err(self.lost(format!("its output cannot be read: {why}"))),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
        }
    }

    /// Whether it has said nothing that nobody asked for.
    pub(super) fn is_quiet(&self) -> bool {
        self.lines.try_recv().is_err()
    }

    /// The end of it, with what it wrote on standard error.
    pub(super) fn lost(&self, why: String) -> Lost {
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&stderr);
        match text.trim() {
            "" => Lost(why),
            text => Lost(format!("{why}\non standard error it says:\n{text}")),
        }
    }

    fn gone(&mut self) -> Lost {
        let until = Instant::now() + LAST_WORDS;
        let ended = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break format!("it ended in the middle ({status})"),
                _ if Instant::now() > until => break "it closed its output in the middle".to_string(),
                _ => thread::sleep(Duration::from_millis(5)),
            }
        };
        // What reads its standard error holds the other half until it is at the end.
        while Arc::strong_count(&self.stderr) > 1 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        self.lost(ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(mut stdin: impl Write, requests: &Receiver<String>) {
    for request in requests {
        if stdin.write_all(request.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn read(stdout: impl Read, lines: &SyncSender<Line>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut bytes = Vec::new();
        let line = match stdout.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Ok(_) if bytes.len() as u64 == LONGEST => Line::TooLong,
            Ok(_) => Line::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Line::Broken(error.to_string()),
        };
        let last = !matches!(line, Line::Text(_));
        if lines.send(line).is_err() || last {
            return;
        }
    }
}

fn keep(mut errors: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = errors.read(&mut piece) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&piece[..read]);
        let more = kept.len().saturating_sub(QUOTED);
        kept.drain(..more);
    }
}

fn quoted(line: &str) -> String {
    let text: String = line.trim_end().chars().take(200).collect();
    format!("{text:?}")
}
