//! The reactor variant of `wasi_snapshot_preview1`: only its functions.

// They are exported from here too.
use preview1_functions as _;
