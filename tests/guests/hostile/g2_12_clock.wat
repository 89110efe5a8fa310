;; Reads the clock for ever.
(module
  (import "skep:worker/node@0.1.0" "now" (func $now (result i64)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (loop $on (drop (call $now)) (br $on))
    unreachable))
