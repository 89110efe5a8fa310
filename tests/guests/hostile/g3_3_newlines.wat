;; Logs two million empty lines in one call: once, or for ever if the message begins with `e`.
(module
  (import "skep:worker/node@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 40)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "skep:worker/handler@0.1.0#handle") (param $at i32) (param i32) (result i32)
    (local $ever i32)
    (local.set $ever (i32.eq (i32.load8_u (local.get $at)) (i32.const 101)))
    (memory.fill (i32.const 65536) (i32.const 10) (i32.const 2000000))
    (loop $on
      (call $log (i32.const 2) (i32.const 65536) (i32.const 2000000))
      (br_if $on (local.get $ever)))
    i32.const 0))
