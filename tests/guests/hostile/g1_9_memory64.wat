;; A worker with a 64-bit memory.
(module
  (memory (export "memory") 1)
  (memory i64 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
