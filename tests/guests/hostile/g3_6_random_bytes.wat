;; Asks its node for 4 GiB of random bytes.
(module
  (import "skep:worker/node@0.1.0" "random-bytes" (func $random (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $random (i32.const 0xffffffff) (i32.const 64))
    i32.const 0))
