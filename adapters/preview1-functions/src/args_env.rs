//! Arguments and environment, which each call reads from the host.

use crate::my_cli;

preview1_memory::args_and_env!(crate::answer, my_cli::args(), my_cli::env());
