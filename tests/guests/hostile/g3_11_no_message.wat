;; Answers a message in `start`, where there is none.
(module
  (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/lifecycle@0.1.0#start") (param i32 i32 i32 i32 i32) (result i32)
    (call $reply (i32.const 1024) (i32.const 1) (i32.const 64))
    i32.const 0)
  (func (export "skep:worker/lifecycle@0.1.0#stop"))
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) i32.const 0))
