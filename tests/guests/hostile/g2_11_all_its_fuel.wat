;; Spends nearly all of its fuel on each message, and sends itself the next one.
(module
  (import "skep:worker/node@0.1.0" "own-address" (func $own (param i32)))
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 5000000))
    (loop $on
      (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    ;; The text of its own address, and so a route of one stop.
    (call $own (i32.const 16))
    (call $send (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
    i32.const 0))
