;; Logs one line of 10 MB.
(module
  (import "skep:worker/node@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 200)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 120) (i32.const 10000000))
    (call $log (i32.const 2) (i32.const 65536) (i32.const 10000000))
    i32.const 0))
