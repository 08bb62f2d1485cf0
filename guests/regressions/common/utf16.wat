;; An environment whose strings are in UTF-16: `KEY` is `é`.
(component
  (core module $strings
    (memory (export "memory") 1)
    ;; A list of one pair: addresses and code unit counts of the strings.
    (data (i32.const 0) "\10\00\00\00" "\01\00\00\00")
    (data (i32.const 16) "\20\00\00\00" "\03\00\00\00" "\28\00\00\00" "\01\00\00\00")
    (data (i32.const 32) "K\00E\00Y\00")
    (data (i32.const 40) "\e9\00")
    (func (export "environment") (result i32) (i32.const 0)))
  (core instance $strings (instantiate $strings))
  (func $environment (result (list (tuple string string)))
    (canon lift (core func $strings "environment") (memory (core memory $strings "memory")) string-encoding=utf16))
  (instance $interface (export "get-environment" (func $environment)))
  (export "wasi:cli/environment@0.2.0" (instance $interface)))
