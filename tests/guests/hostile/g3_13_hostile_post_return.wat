;; Answers, returns `ok`, and does harm when the node is done with the result: by the first byte
;; of the message a trap (t), no end (l), or a call back to the node (c).
(module
  (import "skep:worker/node@0.1.0" "now" (func $now (result i64)))
  (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
  (memory (export "memory") 1)
  (global $what (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param $at i32) (param i32) (result i32)
    (global.set $what (i32.load8_u (local.get $at)))
    (call $reply (local.get 0) (local.get 1) (i32.const 64))
    i32.const 0)
  (func (export "cabi_post_skep:worker/handler@0.1.0#handle") (param i32)
    (if (i32.eq (global.get $what) (i32.const 116)) (then unreachable))
    (if (i32.eq (global.get $what) (i32.const 108)) (then (loop $on (br $on))))
    (if (i32.eq (global.get $what) (i32.const 99)) (then (drop (call $now))))))
