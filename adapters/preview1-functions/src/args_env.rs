//! Arguments and environment, which the host is asked for in each call.

use crate::my_cli;

preview1_memory::args_and_env!(crate::answer, my_cli::args(), my_cli::env());
