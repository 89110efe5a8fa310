;; A worker for another node. A patch of this one's own version is taken.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.2.0#handle") (param i32 i32) (result i32) i32.const 0))
