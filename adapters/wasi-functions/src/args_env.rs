//! Arguments and environment, which the host is asked for in each call.

use wasip2::cli::environment::{get_arguments, get_environment};

preview1_memory::args_and_env!(crate::answer, get_arguments(), get_environment());
