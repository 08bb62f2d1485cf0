//! The reactor variant of `wasi_snapshot_preview1` on WASI 0.2: only its functions.

// They are exported from here too.
use wasi_functions as _;
