//! The reactor flavour of `wasi_snapshot_preview1` on WASI 0.2: its functions and nothing else.

// They are exported from here too.
use wasi_functions as _;
