//! Accesses the machine, with a file for each kind of access: users' files, atomic writes, environment variables, threads,
//! child processes, private directories, and signals.

pub mod children;
mod private;
mod read;
pub mod signals;
pub mod threads;
pub mod variables;
mod write;

pub use private::{PrivateDir, private_dir, temp_dir};
pub use read::{MOST_BYTES, MOST_TEXT, Unreadable, read, read_argument, read_stdin, read_to_string, require_regular};
pub use write::write;
