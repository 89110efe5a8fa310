;; At each message starts as many workers of its own kind as it may, and has them do the same.
(module
  (import "skep:worker/node@0.1.0" "start-worker"
    (func $start (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (data (i32.const 16) "w")
  (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 31))
    (loop $on
      ;; Component `w`, no name, no arguments. What comes back is its address: a route.
      (call $start (i32.const 16) (i32.const 1)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32))
      (if (i32.eqz (i32.load8_u (i32.const 32)))
        (then (call $send
          (i32.const 36) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))))
      (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    i32.const 0))
