;; Asks WASI for 2^40 random bytes.
(module
  (import "wasi:random/random@0.2.6" "get-random-bytes" (func $random (param i64 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $random (i64.const 0x10000000000) (i32.const 64))
    i32.const 0))
