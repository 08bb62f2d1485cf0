//! The reactor variant of `wasi_snapshot_preview1` on WASI 0.2: only its functions.

// Exports the functions of the library from this module.
use wasi_functions as _;
