//! Shared implementation of `my-wasi` and `my-cli` for both hosts that provide them.

use super::{State, Stop};
use crate::values::{bytes_text, string_text};

/// Maximum number of random bytes per call.
const MOST_RANDOM: usize = 64 << 20;

/// Implements `my-wasi` and `my-cli` on a run's state. Each function records its call.
pub(super) struct System<'a>(pub &'a State);

impl System<'_> {
    pub(super) fn print(&self, data: &[u8]) -> Result<u32, Stop> {
        let result = self.0.stdout().write(data).map(|()| data.len() as u32);
        self.log_call("my-wasi.print", &[bytes_text(data)], result.as_ref().ok().map(u32::to_string));
        result
    }

    pub(super) fn random_get(&self, size: u32) -> Result<Vec<u8>, Stop> {
        if size as usize > MOST_RANDOM {
            self.log_call("my-wasi.random-get", &[size.to_string()], None);
            return Err(Stop::RandomLimit { bytes: MOST_RANDOM });
        }
        let mut bytes = vec![0; size as usize];
        self.0.fill_random(&mut bytes);
        self.log_call("my-wasi.random-get", &[size.to_string()], Some(bytes_text(&bytes)));
        Ok(bytes)
    }

    pub(super) fn print_error(&self, data: &[u8]) -> Result<u32, Stop> {
        let result = self.0.stderr().write(data).map(|()| data.len() as u32);
        self.log_call("my-cli.print-error", &[bytes_text(data)], result.as_ref().ok().map(u32::to_string));
        result
    }

    pub(super) fn read(&self, size: u32) -> Vec<u8> {
        let bytes = self.0.read_stdin(size as usize);
        self.log_call("my-cli.read", &[size.to_string()], Some(bytes_text(&bytes)));
        bytes
    }

    pub(super) fn args(&self) -> Vec<String> {
        let args = self.0.args().to_vec();
        let texts: Vec<String> = args.iter().map(|arg| string_text(arg)).collect();
        self.log_call("my-cli.args", &[], Some(format!("[{}]", texts.join(", "))));
        args
    }

    pub(super) fn env(&self) -> Vec<(String, String)> {
        let env = self.0.env().to_vec();
        let texts: Vec<String> =
            env.iter().map(|(name, value)| format!("({}, {})", string_text(name), string_text(value))).collect();
        self.log_call("my-cli.env", &[], Some(format!("[{}]", texts.join(", "))));
        env
    }

    pub(super) fn exit(&self, code: u32) -> Stop {
        self.log_call("my-cli.exit", &[code.to_string()], None);
        Stop::Exit(code as i32)
    }

    pub(super) fn wall_clock(&self) -> u64 {
        self.number("my-cli.wall-clock", self.0.clock().wall())
    }

    pub(super) fn monotonic_clock(&self) -> u64 {
        self.number("my-cli.monotonic-clock", self.0.clock().monotonic())
    }

    pub(super) fn clock_resolution(&self) -> u64 {
        self.number("my-cli.clock-resolution", self.0.clock().resolution())
    }

    pub(super) fn sleep(&self, duration: u64) {
        self.0.clock().sleep(duration);
        self.log_call("my-cli.sleep", &[duration.to_string()], None);
    }

    fn number(&self, function: &str, value: u64) -> u64 {
        self.log_call(function, &[], Some(value.to_string()));
        value
    }

    fn log_call(&self, function: &str, arguments: &[String], result: Option<String>) {
        self.0.record(function, arguments, result);
    }
}
