(module
  (import "env" "memory" (memory 0))
  (func $x (result i32) (i32.const 1))
  (func $y (result i32) (i32.const 2))
  (func (export "f") (result i32) (call $y))
  (@custom "linking" (after last) "\02\08\10\03\00\00\00\01\78\00\00\01\01\79\00\00\02\01\66")
  (@custom "reloc.CODE" (after last) "\04\01\00\0e\01"))
