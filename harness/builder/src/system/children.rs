//! Tracks child processes until they end, so that none outlives this process when a signal ends it.
//!
//! If signals are handled ([`signals::install`](super::signals)), and for external hosts always, a child leads its own
//! process group, and the whole group is killed, including the child's own children. Without a signal handler,
//! compilers stay in the group of this process, so that Ctrl-C in a terminal reaches them.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use super::{private, signals};

/// Ids of the leaders of running process groups. Locked while a child is started, and forever once this process ends.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Child that leads a process group. Dropping it kills the group and waits for the child.
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
    /// Fails like [`Command::spawn`].
    pub fn start(command: &mut Command) -> io::Result<Group> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        groups.insert(child.id());
        Ok(Group { child, ended: None })
    }

    /// Takes the pipes. `None` if the command lacks one of the three, or they were already taken.
    pub fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout, ChildStderr)> {
        Some((self.child.stdin.take()?, self.child.stdout.take()?, self.child.stderr.take()?))
    }

    /// Returns the exit status if the child has ended, and kills the remaining processes of its group.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() && self.has_ended() {
            self.end();
        }
        self.ended
    }

    /// Kills the group, waits for the child, and returns its exit status.
    pub fn end(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            // The child's id can be reused once the child has been waited for.
            kill(self.child.id());
            // Fails if the child has ended. On systems without process groups, only this kills the child.
            let _ = self.child.kill();
            self.ended = self.child.wait().ok();
            GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.child.id());
        }
        self.ended
    }

    /// Returns true if the child has ended, without waiting for it, which would free its id.
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

/// Runs a command to completion like [`Command::output`], and removes its remaining temporary files.
pub fn output(command: &mut Command) -> io::Result<Output> {
    // Without a private directory, the command inherits the variables of this process.
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
    // If a signal is ending this process, the lock is never released: the killed child is not reported as a failure.
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    output
}

/// Kills all groups and prevents new children. Call it before this process ends.
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
        // Fails if all processes of the group have ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: u32) {}
