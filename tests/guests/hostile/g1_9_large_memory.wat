;; A worker whose memory begins with 68.75 MiB.
(module
  (memory (export "memory") 1100)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
