(module
  (import "wasi:random/random@0.2.99" "get-random-u64" (func (result i64)))
  (import "wasi:random/random@0.2.99" "get-random-quantum" (func (result i64)))
  (import "wasi:clocks/wall-clock@0.0.1" "resolution" (func (result i64)))
  (import "wasi:cli/environment@0.2.0-rc-2023-11-05" "initial-cwd" (func (result i32)))
  (func (export "go")))
