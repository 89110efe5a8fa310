;; Does harm when the node asks for room for a message, by its length: no room at all (2), room
;; beyond its memory (3), no answer (4), a trap (5), a call back to the node (6).
(module
  (import "skep:worker/node@0.1.0" "now" (func $now (result i64)))
  (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (if (i32.eq (local.get $size) (i32.const 2)) (then (return (i32.const -1))))
    (if (i32.eq (local.get $size) (i32.const 3)) (then (return (i32.const 65534))))
    (if (i32.eq (local.get $size) (i32.const 4)) (then (loop $on (br $on))))
    (if (i32.eq (local.get $size) (i32.const 5)) (then unreachable))
    (if (i32.eq (local.get $size) (i32.const 6)) (then (drop (call $now))))
    i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (call $reply (local.get 0) (local.get 1) (i32.const 64))
    i32.const 0))
