//! The reactor flavour of `wasi_snapshot_preview1`: its functions and nothing else.

// They are exported from here too.
use preview1_functions as _;
