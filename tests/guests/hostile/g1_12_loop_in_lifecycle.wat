;; Loops in `lifecycle.start`.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/lifecycle@0.1.0#start") (param i32 i32 i32 i32 i32) (result i32)
    (loop $on (br $on)) unreachable)
  (func (export "skep:worker/lifecycle@0.1.0#stop"))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
