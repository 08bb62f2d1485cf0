//! Process of an external host. Communication never blocks the harness, whatever the process does.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use polyfill_builder::descriptor::{Descriptor, find_program};
use polyfill_builder::system::children::Group;
use polyfill_builder::system::{PrivateDir, private_dir, variables};

use super::backlog::{self, Backlog, Line};
use super::protocol::{Event, Hello, PROTOCOL, Request};
use super::state::State;

/// Maximum length of a line in bytes. Output is sent in pieces; values must fit into one line.
const LONGEST: u64 = 32 << 20;

/// Number of bytes quoted from the end of standard error.
const QUOTED: usize = 4000;

/// Time limit for the `hello` message.
const GREETING: Duration = Duration::from_secs(60);

/// Time limit for remaining output on standard error and for exiting, after the host has closed its output or the
/// harness has closed its input.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Time after the first run of a process in which it must stay silent. Later messages are detected before its next run
/// or when the host is finished.
const SILENCE: Duration = Duration::from_millis(100);

/// Interval between checks for the end of the process.
const LOOK: Duration = Duration::from_millis(100);

/// Environment variables that a host inherits, in addition to its own directory for temporary files.
const KEPT: [&str; 4] = ["PATH", "HOME", "SystemRoot", "LD_LIBRARY_PATH"];

/// Environment variables that specify the directory for temporary files.
const TEMPORARY: [&str; 3] = ["TMPDIR", "TEMP", "TMP"];

/// Running host. Dropping it kills the process and all of its children.
pub(super) struct Process {
    group: Group,
    requests: Option<Sender<String>>,
    input: Arc<Written>,
    lines: Receiver<Line>,
    backlog: Arc<Backlog>,
    stderr: Arc<Mutex<Vec<u8>>>,
    state: State,
    /// Set before the end of the first run.
    is_new: bool,
    /// Set if the last read contained more output after the last message.
    more: bool,
    _temporary: Option<PrivateDir>,
}

/// Requests on their way to a host.
#[derive(Default)]
struct Written {
    /// Number of bytes that are not in the pipe yet.
    pending: AtomicUsize,
    #[cfg(target_os = "linux")]
    pipe: Mutex<Option<std::os::fd::OwnedFd>>,
}

/// Failure after which the process cannot be used any more.
pub(super) struct Lost(pub String);

impl Process {
    /// Starts a host and exchanges `hello` messages.
    pub(super) fn start(host: &Descriptor, root: &Path, cache: &Path) -> Result<Self, Lost> {
        let (name, arguments) =
            host.command.split_first().ok_or_else(|| Lost("the descriptor has no `command`".into()))?;
        let program = find_program(name).ok_or_else(|| Lost(format!("program `{name}` not found")))?;
        let temporary = private_dir().ok();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root).env_clear();
        command.envs(KEPT.iter().filter_map(|name| Some((name, variables::variable(name)?))));
        match &temporary {
            Some(private) => command.envs(TEMPORARY.map(|name| (name, private.path()))),
            None => command.envs(TEMPORARY.iter().filter_map(|name| Some((name, variables::variable(name)?)))),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::start(&mut command).map_err(|error| Lost(format!("cannot start `{name}`: {error}")))?;

        let requests = channel();
        let (backlog, sender, lines) = backlog::new();
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let input = Arc::new(Written::default());
        if let Some((stdin, stdout, errors)) = group.pipes() {
            input.watch(&stdin);
            // The threads end with the process, or when their channel is closed.
            let written = input.clone();
            thread::spawn(move || write(stdin, &requests.1, &written));
            thread::spawn(move || read(stdout, &sender));
            let stderr = stderr.clone();
            thread::spawn(move || keep(errors, &stderr));
        }
        let mut process = Self {
            group,
            requests: Some(requests.0),
            input,
            lines,
            backlog,
            stderr,
            state: State::Greeting,
            is_new: true,
            more: false,
            _temporary: temporary,
        };
        process.greet(cache)?;
        Ok(process)
    }

    fn greet(&mut self, cache: &Path) -> Result<(), Lost> {
        let cache = cache.display().to_string();
        self.send(&Request::Hello(Hello { protocol: PROTOCOL, cache }))?;
        match self.receive(Instant::now() + GREETING)? {
            Some(Event::Hello(hello)) if hello.protocol != PROTOCOL => {
                Err(self.lost(format!("unsupported protocol version {}: expected {PROTOCOL}", hello.protocol)))
            }
            Some(_) => Ok(()),
            None => Err(self.lost(format!("no `hello` message within {} s", GREETING.as_secs()))),
        }
    }

    /// Sends a request without waiting until the host has read it.
    pub(super) fn send(&mut self, request: &Request) -> Result<(), Lost> {
        let mut line =
            serde_json::to_string(request).map_err(|error| Lost(format!("cannot serialize the request: {error}")))?;
        line.push('\n');
        if let Request::Run(run) = request {
            self.state = State::Preparing { calls: run.calls.len() };
        }
        self.input.pending.fetch_add(line.len(), Ordering::AcqRel);
        // If the writer thread has ended, the output is closed as well, which the next `receive` reports.
        let _ = self.requests.as_ref().map(|requests| requests.send(line));
        Ok(())
    }

    /// Returns the next message, or `None` after `until`.
    pub(super) fn receive(&mut self, until: Instant) -> Result<Option<Event>, Lost> {
        let mut ended: Option<Instant> = None;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.group.ended().is_some() {
                ended.get_or_insert_with(Instant::now);
            }
            return match self.lines.recv_timeout(left.min(LOOK)) {
                Ok(line) => self.event(line).map(Some),
                Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
                // A child that left the process group still holds the output open.
                Err(RecvTimeoutError::Timeout) if ended.is_some_and(|ended| ended.elapsed() > LAST_WORDS) => {
                    Err(self.gone())
                }
                Err(RecvTimeoutError::Timeout) if left <= LOOK => Ok(None),
                Err(RecvTimeoutError::Timeout) => continue,
            };
        }
    }

    fn event(&mut self, line: Line) -> Result<Event, Lost> {
        self.backlog.taken(&line);
        let (text, more) = match line {
            Line::Text { text, more } => (text, more),
            Line::TooLong => return Err(self.lost(format!("an output line exceeds {LONGEST} bytes"))),
            Line::Broken(why) => return Err(self.lost(format!("cannot read its output: {why}"))),
        };
        let event: Event = serde_json::from_str(&text).map_err(|error| {
            let state = self.state;
            self.lost(format!("invalid message in the state `{state}`: {error}\n  {}", quoted(&text)))
        })?;
        self.state = self.state.after(&event).map_err(|misplaced| self.lost(misplaced.to_string()))?;
        self.more = more;
        if matches!(event, Event::End(_)) && !self.input.is_read() {
            return Err(self.lost("message `end`: the host has not read its `run` request".into()));
        }
        Ok(event)
    }

    /// Enters the state `unwinding`: the guest cannot continue because a call did not return.
    pub(super) fn unwinds(&mut self) {
        self.state = State::Unwinding;
    }

    /// Checks that no output follows a finished run. Returns the process if it can perform another run.
    pub(super) fn settled(mut self) -> Result<Option<Self>, Lost> {
        let wait = match (self.more, self.is_new) {
            // More output is known to follow.
            (true, _) => LAST_WORDS,
            (false, true) => SILENCE,
            (false, false) => Duration::ZERO,
        };
        self.is_new = false;
        match self.lines.recv_timeout(wait) {
            Ok(line) => Err(self.stray(line)),
            Err(RecvTimeoutError::Timeout) if self.more => {
                Err(self.lost("incomplete line after `end`: expected no output".into()))
            }
            Err(RecvTimeoutError::Timeout) if self.group.ended().is_none() => Ok(Some(self)),
            Err(_) => match self.wait() {
                Some(status) if status.success() => Ok(None),
                Some(status) => Err(self.lost(format!("exited after a run ({status}): expected exit status 0"))),
                None => Err(self.lost("closed its output after a run without exiting: expected an exit".into())),
            },
        }
    }

    /// Closes the input and checks the remaining output and the exit status. A process that does not exit in time is
    /// killed.
    pub(super) fn finish(mut self) -> Result<(), Lost> {
        self.requests = None;
        self.input.close();
        let until = Instant::now() + LAST_WORDS;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now()).min(LOOK)) {
                Ok(line) => return Err(self.stray(line)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if self.group.ended().is_some() || Instant::now() >= until => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        match self.wait() {
            Some(status) if !status.success() => {
                Err(self.lost(format!("exited after its last run ({status}): expected exit status 0")))
            }
            _ => Ok(()),
        }
    }

    /// Returns the error for a message in the state `idle`.
    fn stray(&mut self, line: Line) -> Lost {
        match self.event(line) {
            Ok(_) => self.lost("message between two runs: expected none".into()),
            Err(lost) => lost,
        }
    }

    /// Waits for the process to exit. Returns `None` after a time limit.
    fn wait(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + LAST_WORDS;
        loop {
            match self.group.ended() {
                None if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
                ended => return ended,
            }
        }
    }

    /// Creates an error that quotes the standard error of the process.
    pub(super) fn lost(&self, why: String) -> Lost {
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&stderr);
        match text.trim() {
            "" => Lost(why),
            text => Lost(format!("{why}\nstandard error:\n{text}")),
        }
    }

    fn gone(&mut self) -> Lost {
        let until = Instant::now() + LAST_WORDS;
        let state = self.state;
        let ended = match self.wait() {
            Some(status) => format!("exited unexpectedly ({status}), in the state `{state}`"),
            None => format!("closed its output unexpectedly, in the state `{state}`"),
        };
        // The reader of standard error holds the other reference until the end of the stream.
        while Arc::strong_count(&self.stderr) > 1 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        self.lost(ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.backlog.close();
    }
}

impl Written {
    #[cfg(target_os = "linux")]
    fn watch(&self, stdin: &ChildStdin) {
        use std::os::fd::AsFd;
        *self.pipe.lock().unwrap_or_else(PoisonError::into_inner) = stdin.as_fd().try_clone_to_owned().ok();
    }

    #[cfg(not(target_os = "linux"))]
    fn watch(&self, _: &ChildStdin) {}

    fn close(&self) {
        #[cfg(target_os = "linux")]
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Returns true if the host has read all sent bytes except for the last line break, or the system does not report
    /// that.
    #[cfg(target_os = "linux")]
    fn is_read(&self) -> bool {
        let until = Instant::now() + LAST_WORDS;
        // The writer thread may not have counted yet what the host has already read.
        while self.pending.load(Ordering::Acquire) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        let pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let unread = pipe.as_ref().and_then(|pipe| rustix::io::ioctl_fionread(pipe).ok()).unwrap_or(0);
        self.pending.load(Ordering::Acquire) == 0 && unread <= 1
    }

    #[cfg(not(target_os = "linux"))]
    fn is_read(&self) -> bool {
        true
    }
}

fn write(mut stdin: impl Write, requests: &Receiver<String>, written: &Written) {
    for request in requests {
        if stdin.write_all(request.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
        written.pending.fetch_sub(request.len(), Ordering::AcqRel);
    }
}

fn read(stdout: impl Read, lines: &backlog::Lines) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut bytes = Vec::new();
        let line = match stdout.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Ok(_) if bytes.len() as u64 == LONGEST => Line::TooLong,
            Ok(_) => match String::from_utf8(bytes) {
                Ok(text) => Line::Text { text, more: !stdout.buffer().is_empty() },
                Err(_) => Line::Broken("an output line is not valid UTF-8".into()),
            },
            Err(error) => Line::Broken(error.to_string()),
        };
        let last = !matches!(line, Line::Text { .. });
        if !lines.send(line) || last {
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
