;; A worker with a memory that threads share.
(module
  (memory (export "memory") 1)
  (memory 1 2 shared)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
