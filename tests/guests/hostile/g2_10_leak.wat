;; Takes 4 MiB more at each message, and gives nothing back.
(module
  (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $page i32)
    (local.set $page (memory.grow (i32.const 64)))
    (if (i32.eq (local.get $page) (i32.const -1)) (then unreachable))
    (memory.fill (i32.shl (local.get $page) (i32.const 16)) (i32.const 1) (i32.const 4194304))
    (call $reply (local.get 0) (local.get 1) (i32.const 64))
    i32.const 0))
