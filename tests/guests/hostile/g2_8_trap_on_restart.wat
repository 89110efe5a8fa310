;; Traps on every message, and each later instance already in its `start`.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/lifecycle@0.1.0#start")
    (param $args i32) (param $length i32) (param $birth i32) (param i32 i32) (result i32)
    (if (local.get $birth) (then unreachable))
    i32.const 0)
  (func (export "skep:worker/lifecycle@0.1.0#stop"))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) unreachable))
