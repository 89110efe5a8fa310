;; A second generation that does not begin: it traps in `lifecycle.start`, or with arguments
;; never ends it.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/lifecycle@0.1.0#start")
    (param i32) (param $length i32) (param i32 i32 i32) (result i32)
    (if (local.get $length) (then (loop $on (br $on))))
    unreachable)
  (func (export "skep:worker/lifecycle@0.1.0#stop"))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) unreachable))
