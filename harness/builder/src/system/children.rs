//! Child processes: each is known here until it has ended, so that none outlives this process when a signal ends it.
//!
//! Where signals are handled ([`signals::install`](super::signals)), and for hosts always, a child leads a process
//! group of its own, and the whole group is killed: what a child has started goes with it. Without a handler compilers stay
//! in the group of this process, so that a terminal's Ctrl-C reaches them.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use super::{private, signals};

/// The process groups that are alive, by the ids of their leaders. Held while a child is started, and forever by the caller that
/// ends this process.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A child that leads a process group. Dropping it kills the group and waits for the child.
#[derive(Debug)]
pub struct Group {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Group {
    /// Starts a command as the leader of a process group.
    ///
    /// # Errors
    ///
    /// Errors of [`Command::spawn`].
    pub fn start(command: &mut Command) -> io::Result<Group> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        groups.insert(child.id());
        Ok(Group { child, ended: None })
    }

    /// The ends of the pipes, where the command has all three and they were not taken before.
    pub fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout, ChildStderr)> {
        Some((self.child.stdin.take()?, self.child.stdout.take()?, self.child.stderr.take()?))
    }

    /// Returns the exit status if the child has ended. Remaining processes of its group are killed then.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() && self.has_ended() {
            self.end();
        }
        self.ended
    }

    /// Kills the group, waits for the child, and gives its exit status.
    pub fn end(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            // Before the child is waited for: until then no other process can have its id.
            kill(self.child.id());
            // It may have ended by itself; and where there are no groups, this is what kills it.
            let _ = self.child.kill();
            self.ended = self.child.wait().ok();
            GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.child.id());
        }
        self.ended
    }

    /// Without waiting for it, which would free its id.
    #[cfg(unix)]
    fn has_ended(&self) -> bool {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        pid.is_some_and(|pid| waitid(WaitId::Pid(pid), options).is_ok_and(|status| status.is_some()))
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a command to completion, as [`Command::output`]. Its remaining temporary files are removed.
pub fn output(command: &mut Command) -> io::Result<Output> {
    // Without one, the command has those of this process.
    let temporary = private::private_dir().ok();
    if let Some(private) = &temporary {
        command.envs(private::VARIABLES.map(|variable| (variable, private.path())));
    }
    if !signals::are_handled() {
        return command.output();
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn()?;
    groups.insert(child.id());
    drop(groups);
    let id = child.id();
    let output = child.wait_with_output();
    // Where a signal has ended the child, this waits for the end of this process: no failure is reported.
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    output
}

/// Kills all groups, and lets no further child start: for the end of this process.
pub(super) fn end_all() {
    let groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    for &group in groups.iter() {
        kill(group);
    }
    std::mem::forget(groups);
}

#[cfg(unix)]
fn kill(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        // It may have no processes any more.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: u32) {}
