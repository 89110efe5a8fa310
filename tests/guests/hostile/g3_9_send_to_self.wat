;; Sends itself as many messages as it may, at each message.
(module
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 16) "\20\00\00\00\01\00\00\00")
  (data (i32.const 32) "w")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 64))
    (loop $on
      (call $send (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
      (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    i32.const 0))
