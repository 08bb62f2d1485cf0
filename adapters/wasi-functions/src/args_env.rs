//! Arguments and environment, which each call reads from the host.

use wasip2::cli::environment::{get_arguments, get_environment};

preview1_memory::args_and_env!(crate::answer, get_arguments(), get_environment());
