//! The reactor variant of `wasi_snapshot_preview1`: only its functions.

// Exports the functions of the library from this module.
use preview1_functions as _;
